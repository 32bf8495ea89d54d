using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Souk.Tests.Ordering;

namespace Souk.Tests.Proofs;

/// <summary>
/// The attacks of the ACIDRain study (Warszawski and Bailis, SIGMOD 2017), which found 22 races that anyone could exploit in 12 shops: each class by its
/// name, with real races over HTTP, again and again. A <em>lost update</em> is two that read one row and both write it; a <em>phantom</em> is a row that
/// comes after somebody has counted.
/// </summary>
public sealed class AcidRainTests(OrderingShop shop) : IClassFixture<OrderingShop>
{
    const int Rounds = 6;

    [Fact]
    public Task Inventory_by_lost_update_sells_no_unit_twice() => InRounds(async () =>
    {
        var variant = await shop.NewVariantAsync(7);
        var answers = await AtOnce(20, _ => shop.PlaceAsync(OrderingShop.OrderOf(variant)));
        Assert.Equal(7, await AcceptedAsync(answers, "insufficient_stock"));
        Assert.Equal((7, 7, 0), await shop.StockAsync(variant));
    });

    [Fact]
    public Task Inventory_by_phantom_sells_nothing_that_staff_take_off_the_shelf_at_that_moment() => InRounds(async () =>
    {
        var (variant, location) = (await shop.NewVariantAsync(10), await shop.LocationIdAsync());
        var taking = AtOnce(5, _ => shop.PostAsync($"/v1/admin/stock/{variant}/locations/{location}/adjustments", new { delta = -2, reason = "damaged" }, OrderingShop.NewKey(), shop.Staff));
        var buying = AtOnce(10, _ => shop.PlaceAsync(OrderingShop.OrderOf(variant)));
        var (taken, sold) = (await AcceptedAsync(await taking, "stock_reserved"), await AcceptedAsync(await buying, "insufficient_stock"));
        Assert.Equal((10 - 2 * taken, sold, 10 - 2 * taken - sold), await shop.StockAsync(variant));
        Assert.True(10 - 2 * taken >= sold);
    });

    /// <summary>There are no vouchers yet; what is counted in their way, and may be used up once, are the tries to pay an order.</summary>
    [Fact]
    public async Task Voucher_by_lost_update_and_phantom_no_more_tries_than_there_are()
    {
        const int triesMax = 20;
        var order = await shop.PlacedAsync(OrderingShop.OrderOf(await shop.NewVariantAsync(1)));
        for (var tries = 0; tries < triesMax + 8; tries += 8)
            foreach (var answer in await AtOnce(8, _ => PayAsync(order, "tok_declined")))
                if (answer.StatusCode != HttpStatusCode.Created) Assert.Contains(await answer.Code(), (string[])["payment_in_progress", "payment_attempts_exceeded"]);
        // Those in each other's way were told so; one after another the rest is used up.
        for (var tries = 0; tries < triesMax; tries++) (await PayAsync(order, "tok_declined")).Dispose();
        using var last = await PayAsync(order, "tok_ok");
        Assert.Equal("payment_attempts_exceeded", await last.Code());
        using var tried = await shop.GetAsync($"/v1/orders/{order.Text("id")}/payments?limit=100", order.Text("orderToken"));
        Assert.Equal(triesMax, (await tried.Body()).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public Task Cart_by_lost_update_keeps_the_change_of_every_tab() => InRounds(async () =>
    {
        string[] variants = [await shop.NewVariantAsync(50), await shop.NewVariantAsync(50), await shop.NewVariantAsync(50)];
        var cart = await NewCartAsync();
        foreach (var answer in await AtOnce(variants.Length * 2, n => SetLineAsync(cart, variants[n % variants.Length], 1 + n / variants.Length)))
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var lines = (await ReadCartAsync(cart)).GetProperty("lines").EnumerateArray().Select(l => (l.Text("variantId"), l.GetProperty("quantity").GetInt32())).ToDictionary();
        Assert.Equal(variants.Order(), lines.Keys.Order());
        Assert.All(lines.Values, quantity => Assert.InRange(quantity, 1, 2));
    });

    [Fact]
    public Task Cart_by_phantom_gives_no_line_away_that_comes_while_it_is_ordered() => InRounds(async () =>
    {
        var (cheap, dear) = (await shop.NewVariantAsync(50), await shop.NewVariantAsync(50, "500.00"));
        var cart = await NewCartAsync((cheap, 1));
        var adding = SetLineAsync(cart, dear, 1);
        using var answer = await OrderAsync(cart);
        using var added = await adding;
        var sold = 0;
        if (answer.StatusCode == HttpStatusCode.Created)
        {
            var order = await answer.Body();
            var lines = order.GetProperty("lines");
            sold = lines.GetArrayLength() - 1;
            // Whichever came first: who pays, pays for each line.
            Assert.Equal(lines.EnumerateArray().Sum(Amount), order.GetProperty("subtotal").GetProperty("amount").GetInt64());
            Assert.Equal(sold == 1 ? 51_000 : 1_000, lines.EnumerateArray().Sum(Amount));
            if (sold == 0) Assert.Equal("cart_ordered", await added.Code());
        }
        else Assert.Equal("cart_changed", await answer.Code());
        Assert.Equal((50, sold, 50 - sold), await shop.StockAsync(dear));
    });

    [Fact]
    public Task Double_submit_is_one_order_and_one_charge() => InRounds(async () =>
    {
        var (variant, key) = (await shop.NewVariantAsync(10), OrderingShop.NewKey());
        object order = new { lines = new[] { new { variantId = variant, quantity = 2 } }, email = "guest@example.com", payment = new { method = "sandbox" } };
        var answers = await AtOnce(6, _ => shop.PlaceAsync(order, key));
        Assert.True(await AcceptedAsync(answers, "idempotency_in_progress") > 0);
        var orders = new HashSet<(string Id, string Total)>();
        foreach (var answer in answers.Where(a => a.StatusCode == HttpStatusCode.Created)) orders.Add(((await answer.Body()).Text("id"), Total(await answer.Body())));
        var (id, total) = Assert.Single(orders);
        Assert.Equal((10, 2, 8), await shop.StockAsync(variant));
        Assert.Equal([total], await ChargesAsync(id));
    });

    [Fact]
    public Task Two_tabs_order_a_cart_once() => InRounds(async () =>
    {
        var variant = await shop.NewVariantAsync(50);
        var cart = await NewCartAsync((variant, 3));
        Assert.Equal(1, await AcceptedAsync(await AtOnce(4, _ => OrderAsync(cart)), "cart_changed", "cart_ordered"));
        Assert.Equal((50, 3, 47), await shop.StockAsync(variant));
    });

    [Fact]
    public Task Two_tabs_pay_an_order_once() => InRounds(async () =>
    {
        var order = await shop.PlacedAsync(OrderingShop.OrderOf(await shop.NewVariantAsync(1)));
        Assert.Equal(1, await AcceptedAsync(await AtOnce(4, _ => PayAsync(order, "tok_ok")), "payment_in_progress", "order_not_payable"));
        Assert.Single(await ChargesAsync(order.Text("id")));
    });

    [Fact]
    public Task Cart_edited_during_payment_changes_nothing_of_what_is_paid() => InRounds(async () =>
    {
        var variant = await shop.NewVariantAsync(50);
        var cart = await NewCartAsync((variant, 1));
        var editing = AtOnce(3, n => SetLineAsync(cart, variant, 2 + n));
        using var answer = await OrderAsync(cart, pay: true);
        await editing;
        if (answer.StatusCode != HttpStatusCode.Created)
        {
            Assert.Equal("cart_changed", await answer.Code());
            Assert.Equal((50, 0, 50), await shop.StockAsync(variant));
            return;
        }
        var order = await answer.Body();
        var quantity = order.GetProperty("lines")[0].GetProperty("quantity").GetInt32();
        Assert.Equal((50, quantity, 50 - quantity), await shop.StockAsync(variant));
        Assert.Equal((order.Text("status"), quantity * 1_000), ("paid", (int)Amount(order.GetProperty("lines")[0])));
        Assert.Equal([Total(order)], await ChargesAsync(order.Text("id")));
    });

    static async Task InRounds(Func<Task> attack)
    {
        for (var round = 0; round < Rounds; round++) await attack();
    }

    /// <summary>All of them together: nobody begins before everybody is ready.</summary>
    static async Task<HttpResponseMessage[]> AtOnce(int attackers, Func<int, Task<HttpResponseMessage>> attack)
    {
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var attacks = Enumerable.Range(0, attackers).Select(n => Task.Run(async () =>
        {
            await start.Task;
            return await attack(n);
        })).ToArray();
        start.SetResult();
        return await Task.WhenAll(attacks);
    }

    /// <summary>How many were accepted; each of the others was refused with one of these codes.</summary>
    static async Task<int> AcceptedAsync(HttpResponseMessage[] answers, params string[] refusals)
    {
        foreach (var no in answers.Where(a => a.StatusCode != HttpStatusCode.Created)) Assert.Contains(await no.Code(), refusals);
        return answers.Count(a => a.StatusCode == HttpStatusCode.Created);
    }

    static long Amount(JsonElement line) => line.GetProperty("total").GetProperty("amount").GetInt64();

    static string Total(JsonElement order) => order.GetProperty("total").GetProperty("amount").GetRawText();

    /// <summary>What the other side took for an order: its books, not ours.</summary>
    async Task<List<string>> ChargesAsync(string order)
    {
        await using var command = shop.Db.CreateCommand("""
            SELECT s.amount::text FROM payments.sandbox_charges s JOIN payments.payments p ON p.id = s.payment_id WHERE s.status = 'captured' AND p.order_id = $1
            """);
        command.Parameters.Add(new() { Value = Souk.Platform.Ids.Id<Souk.Contracts.OrderKind>.TryRead(order, out var id) ? id.Value : Guid.Empty });
        await using var reader = await command.ExecuteReaderAsync();
        var charges = new List<string>();
        while (await reader.ReadAsync()) charges.Add(reader.GetString(0));
        return charges;
    }

    async Task<(string Id, string Token)> NewCartAsync(params (string Variant, int Quantity)[] lines)
    {
        using var made = await shop.PostAsync("/v1/carts", new { lines = lines.Select(l => new { variantId = l.Variant, quantity = l.Quantity }) }, null);
        var cart = await made.Body();
        return (cart.Text("id"), cart.Text("cartToken"));
    }

    async Task<HttpResponseMessage> SetLineAsync((string Id, string Token) cart, string variant, int quantity)
    {
        using var message = new HttpRequestMessage(HttpMethod.Put, $"/v1/carts/{cart.Id}/lines/{variant}") { Content = JsonContent.Create(new { quantity }), Headers = { { "Souk-Cart-Token", cart.Token } } };
        return await shop.Http.SendAsync(message);
    }

    async Task<JsonElement> ReadCartAsync((string Id, string Token) cart)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, $"/v1/carts/{cart.Id}") { Headers = { { "Souk-Cart-Token", cart.Token } } };
        using var answer = await shop.Http.SendAsync(message);
        return await answer.Body();
    }

    Task<HttpResponseMessage> OrderAsync((string Id, string Token) cart, bool pay = false) =>
        shop.PlaceAsync(pay ? new { cartId = cart.Id, email = "guest@example.com", payment = new { method = "sandbox" } } : new { cartId = cart.Id, email = "guest@example.com" }, cartToken: cart.Token);

    Task<HttpResponseMessage> PayAsync(JsonElement order, string token) =>
        shop.PostAsync($"/v1/orders/{order.Text("id")}/payments", new { method = "sandbox", token }, OrderingShop.NewKey(), null, ("Souk-Order-Token", order.Text("orderToken")));
}
