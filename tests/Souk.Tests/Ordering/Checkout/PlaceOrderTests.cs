using System.Net;
using System.Text.Json;
using Souk.Tests.Identity;

namespace Souk.Tests.Ordering.Checkout;

public sealed class PlaceOrderTests(OrderingShop shop) : IClassFixture<OrderingShop>
{
    [Fact]
    public async Task Holds_the_stock_and_shows_what_was_sold_for_how_much()
    {
        var variant = await shop.NewVariantAsync(5, "10.00");
        using var answer = await shop.PlaceAsync(new
        {
            lines = new[] { new { variantId = variant, quantity = 2 } },
            email = "ada@example.com",
            shippingMethod = OrderingShop.Courier,
            shippingAddress = new { name = "Ada", line1 = "12 St James Square", city = "London", country = "GB" },
        });
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        var order = await answer.Body();

        Assert.Equal($"/v1/orders/{order.Text("id")}", answer.Headers.Location!.ToString());
        Assert.Matches("^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$", order.Text("number"));
        Assert.Equal(("placed", "unpaid", 1), (order.Text("status"), order.Text("paymentStatus"), order.GetProperty("version").GetInt32()));
        // 2 × 10.00 + 2.00 shipping, and 8.875 % tax on both: 1.9525, half to even.
        Assert.Equal((2000, 0, 200, 195, 2395), (Amount(order, "subtotal"), Amount(order, "discounts"), Amount(order, "shipping"), Amount(order, "tax"), Amount(order, "total")));
        var line = order.GetProperty("lines")[0];
        Assert.Equal((variant, 2, 1000L, 2000L), (line.Text("variantId"), line.GetProperty("quantity").GetInt32(), Amount(line, "unitPrice"), Amount(line, "total")));
        Assert.Equal(("ada@example.com", "London"), (order.Text("email"), order.GetProperty("shippingAddress").Text("city")));
        Assert.Equal(TimeSpan.FromMinutes(15), order.GetProperty("expiresAt").GetDateTimeOffset() - order.GetProperty("placedAt").GetDateTimeOffset());
        Assert.Equal((5, 2, 3), await shop.StockAsync(variant));
        Assert.Equal(["1 order.placed"], await shop.ToldAsync(order.Text("id")));
    }

    [Fact]
    public async Task Sells_exactly_what_there_is_to_two_hundred_rivals()
    {
        var variant = await shop.NewVariantAsync(50);
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => shop.PlaceAsync(OrderingShop.OrderOf(variant))));

        Assert.Equal(50, answers.Count(a => a.StatusCode == HttpStatusCode.Created));
        var refused = answers.Where(a => a.StatusCode != HttpStatusCode.Created).ToList();
        foreach (var answer in refused)
        {
            Assert.Equal((HttpStatusCode.Conflict, "insufficient_stock"), (answer.StatusCode, await answer.Code()));
            Assert.Equal([variant], (await answer.Body()).GetProperty("variantIds").EnumerateArray().Select(v => v.GetString()));
        }
        Assert.Equal(150, refused.Count);
        Assert.Equal((50, 50, 0), await shop.StockAsync(variant));
    }

    [Fact]
    public async Task Rivals_that_name_the_same_variants_in_another_order_never_deadlock()
    {
        var (cup, plate, bowl) = (await shop.NewVariantAsync(30), await shop.NewVariantAsync(30), await shop.NewVariantAsync(30));
        string[][] orders = [[cup, plate, bowl], [bowl, cup, plate], [plate, bowl, cup]];
        var answers = await Task.WhenAll(Enumerable.Range(0, 90).Select(i => shop.PlaceAsync(new
        {
            lines = orders[i % 3].Select(variantId => new { variantId, quantity = 1 }),
            email = "guest@example.com",
        })));

        Assert.Equal(30, answers.Count(a => a.StatusCode == HttpStatusCode.Created));
        Assert.Equal(60, answers.Count(a => a.StatusCode == HttpStatusCode.Conflict));
        foreach (var variant in orders[0]) Assert.Equal((30, 30, 0), await shop.StockAsync(variant));
        Assert.Equal(0L, await shop.ScalarAsync<long>("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"));
    }

    [Fact]
    public async Task The_same_key_fifty_times_at_once_is_one_order_and_one_answer()
    {
        var (variant, key) = (await shop.NewVariantAsync(50), OrderingShop.NewKey());
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => shop.PlaceAsync(OrderingShop.OrderOf(variant), key)));
        var bodies = await Task.WhenAll(answers.Select(a => a.Content.ReadAsStringAsync()));

        Assert.All(answers, a => Assert.Equal(HttpStatusCode.Created, a.StatusCode));
        Assert.Single(bodies.Distinct());
        Assert.Equal(49, answers.Count(a => a.Headers.Contains("Idempotent-Replayed")));
        Assert.Equal((50, 1, 49), await shop.StockAsync(variant));
    }

    [Fact]
    public async Task A_repetition_answers_the_order_as_it_was_placed_even_when_the_shop_is_sold_out_and_the_order_closed()
    {
        var (variant, key) = (await shop.NewVariantAsync(1), OrderingShop.NewKey());
        var first = await shop.PlaceAsync(OrderingShop.OrderOf(variant), key);
        var order = await first.Body();
        await shop.PostAsync($"/v1/orders/{order.Text("id")}/cancellation", new { }, null, null, ("Souk-Order-Token", order.Text("orderToken")));
        await shop.PlacedAsync(OrderingShop.OrderOf(variant));

        var again = await shop.PlaceAsync(OrderingShop.OrderOf(variant), key);
        Assert.Equal(HttpStatusCode.Created, again.StatusCode);
        Assert.Equal("true", again.Headers.GetValues("Idempotent-Replayed").Single());
        Assert.Equal(await first.Content.ReadAsStringAsync(), await again.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_key_belongs_to_one_request_and_a_refusal_is_not_remembered()
    {
        var (variant, key) = (await shop.NewVariantAsync(1), OrderingShop.NewKey());
        await (await shop.PlaceAsync(OrderingShop.OrderOf(variant, 2), key)).Problem(HttpStatusCode.Conflict, "insufficient_stock");
        await shop.PlacedAsync(OrderingShop.OrderOf(variant), key);
        await (await shop.PlaceAsync(OrderingShop.OrderOf(variant, 2), key)).Problem(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
        await (await shop.PlaceAsync(OrderingShop.OrderOf(variant, 1, "other@example.com"), key)).Problem(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
        Assert.Equal((1, 1, 0), await shop.StockAsync(variant));
    }

    [Fact]
    public async Task The_keys_of_two_customers_are_two_even_when_they_are_equal()
    {
        var (variant, key) = (await shop.NewVariantAsync(9), OrderingShop.NewKey());
        var (ada, bob) = (await shop.NewPerson(), await shop.NewPerson());
        var first = await shop.PlacedAsync(OrderingShop.OrderOf(variant, email: null), key, ada.Http);
        var second = await shop.PlacedAsync(OrderingShop.OrderOf(variant, email: null), key, bob.Http);
        Assert.NotEqual(first.Text("id"), second.Text("id"));
    }

    [Fact]
    public async Task One_line_that_is_short_orders_nothing_and_is_named()
    {
        var (plenty, short_, never) = (await shop.NewVariantAsync(9), await shop.NewVariantAsync(1), await shop.NewVariantAsync(null));
        using var answer = await shop.PlaceAsync(new
        {
            lines = new[] { new { variantId = plenty, quantity = 2 }, new { variantId = short_, quantity = 2 }, new { variantId = never, quantity = 1 } },
            email = "guest@example.com",
        });
        var problem = await answer.Problem(HttpStatusCode.Conflict, "insufficient_stock");
        Assert.Equal(new[] { short_, never }.Order(), problem.GetProperty("variantIds").EnumerateArray().Select(v => v.GetString()).Order());
        Assert.Equal((9, 0, 9), await shop.StockAsync(plenty));
    }

    [Fact]
    public async Task A_price_that_is_not_the_expected_one_orders_nothing_and_shows_the_new_one()
    {
        var variant = await shop.NewVariantAsync(1);
        using var answer = await shop.PlaceAsync(new
        {
            lines = new[] { new { variantId = variant, quantity = 1 } },
            email = "guest@example.com",
            expectedTotal = new { amount = 1, currency = "USD" },
        });
        var problem = await answer.Problem(HttpStatusCode.Conflict, "price_changed");
        var total = problem.GetProperty("quote").GetProperty("total");
        Assert.Equal(1089, total.GetProperty("amount").GetInt64());
        await shop.PlacedAsync(new { lines = new[] { new { variantId = variant, quantity = 1 } }, email = "guest@example.com", expectedTotal = total });
    }

    [Fact]
    public async Task Refuses_what_is_wrong_with_the_request_all_at_once()
    {
        using var answer = await shop.PlaceAsync(new
        {
            lines = new[] { new { variantId = await shop.NewVariantAsync(1), quantity = 0 } },
            currency = "usd",
            email = "nobody",
            shippingAddress = new { name = "Ada" },
            payment = new { },
        });
        var problem = await answer.Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        Assert.Equal(["/lines/0/quantity", "/currency", "/email", "/shippingAddress/line1", "/shippingAddress/city", "/shippingAddress/country", "/payment/method"],
            problem.GetProperty("errors").EnumerateObject().Select(e => e.Name));
    }

    [Fact]
    public async Task Needs_a_key_goods_and_for_a_guest_an_address_to_write_to()
    {
        var variant = await shop.NewVariantAsync(1);
        await (await shop.PostAsync("/v1/orders", OrderingShop.OrderOf(variant), key: null)).Problem(HttpStatusCode.BadRequest, "idempotency_key_required");
        await (await shop.PlaceAsync(new { email = "guest@example.com" })).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        await (await shop.PlaceAsync(new { lines = Array.Empty<object>(), email = "guest@example.com" })).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        await (await shop.PlaceAsync(OrderingShop.OrderOf(variant, email: null))).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        var twice = new { lines = new[] { new { variantId = variant, quantity = 1 }, new { variantId = variant, quantity = 1 } }, email = "guest@example.com" };
        await (await shop.PlaceAsync(twice)).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        var unknown = Souk.Platform.Ids.Id<Souk.Contracts.VariantKind>.New(shop.Clock).ToString();
        await (await shop.PlaceAsync(OrderingShop.OrderOf(unknown))).Problem(HttpStatusCode.UnprocessableEntity, "variant_unavailable");
        await (await shop.PlaceAsync(new { lines = new[] { new { variantId = variant, quantity = 1 } }, email = "a@b", payment = new { method = "stripe" } }))
            .Problem(HttpStatusCode.UnprocessableEntity, "payment_method_unavailable");
        await (await shop.PlaceAsync(new { lines = new[] { new { variantId = variant, quantity = 1 } }, email = "a@b", shippingMethod = OrderingShop.Courier }))
            .Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
    }

    [Fact]
    public async Task Tells_a_change_of_stock_state_once_with_gapless_versions()
    {
        var variant = await shop.NewVariantAsync(7);
        Assert.True(Souk.Platform.Ids.Id<Souk.Contracts.VariantKind>.TryRead(variant, out var id));
        await Task.WhenAll(Enumerable.Range(0, 7).Select(_ => shop.PlacedAsync(OrderingShop.OrderOf(variant))));

        await using var command = shop.Db.CreateCommand($"""
            SELECT version || ' ' || coalesce(payload ->> 'state', type) || ' ' || (payload ->> 'variantId') FROM platform.outbox
            WHERE type LIKE 'stock.%' AND aggregate_id = '{id.Value}' ORDER BY version
            """);
        await using var reader = await command.ExecuteReaderAsync();
        var told = new List<string>();
        while (await reader.ReadAsync()) told.Add(reader.GetString(0));
        // Orders that are written together pass over what lies between.
        string[] atOnce = [$"1 in_stock {variant}", $"2 out {variant}", $"3 stock.low {variant}"],
            oneByOne = [$"1 in_stock {variant}", $"2 low {variant}", $"3 stock.low {variant}", $"4 out {variant}"];
        Assert.Equal(told.Count == 3 ? atOnce : oneByOne, told);
    }

    static long Amount(JsonElement body, string member) => body.GetProperty(member).GetProperty("amount").GetInt64();
}
