using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Souk.Platform.Ids;
using Souk.Tests.Identity;
using Souk.Tests.Ordering.Orders;

namespace Souk.Tests.Ordering.Inventory;

public sealed class SetStockRulesTests(PayingShop shop) : IClassFixture<PayingShop>
{
    async Task<HttpResponseMessage> PatchAsync(string variant, object patch, HttpClient? by = null) =>
        await (by ?? shop.Staff).PatchAsync($"/v1/admin/stock/{variant}", new StringContent(JsonSerializer.Serialize(patch), new MediaTypeHeaderValue("application/merge-patch+json")));

    async Task<JsonElement> RuleAsync(string variant, object patch)
    {
        var answer = await PatchAsync(variant, patch);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        return await answer.Body();
    }

    async Task<JsonElement> AvailabilityAsync(string variant) => (await (await shop.Http.GetAsync($"/v1/availability?variantIds={variant}")).Body()).GetProperty("items")[0];

    async Task<string> StateAsync(string variant) => await AvailabilityAsync(variant) is var item
        ? $"{item.GetProperty("available").GetInt32()} {item.Text("stockState")} {item.GetProperty("onShelf").GetInt32()}" : "";

    async Task<List<string>> ToldAsync(string variant)
    {
        Assert.True(Id<Souk.Contracts.VariantKind>.TryRead(variant, out var id));
        await using var command = shop.Db.CreateCommand("""
            SELECT version || ' ' || type || coalesce(' ' || (payload ->> 'state'), ' ' || (payload ->> 'onShelf'), '') FROM platform.outbox
            WHERE aggregate_id = $1 AND type LIKE 'stock.%' ORDER BY version
            """);
        command.Parameters.Add(new() { Value = id.Value });
        await using var reader = await command.ExecuteReaderAsync();
        var told = new List<string>();
        while (await reader.ReadAsync()) told.Add(reader.GetString(0));
        return told;
    }

    Task<HttpResponseMessage> ShipAsync(JsonElement order) => shop.PostAsync($"/v1/admin/orders/{order.Text("id")}/fulfilment", new { status = "shipped" }, null, shop.Staff);

    async Task RefusedAsync(string variant, int quantity) =>
        await (await shop.PlaceAsync(OrderingShop.OrderOf(variant, quantity))).Problem(HttpStatusCode.Conflict, "insufficient_stock");

    [Fact]
    public async Task Safety_stock_is_never_sold_and_may_be_raised_over_what_is_promised()
    {
        var variant = await shop.NewVariantAsync(10);
        Assert.Equal(7, (await RuleAsync(variant, new { safetyStock = 3 })).GetProperty("available").GetInt32());
        Assert.Equal("7 in_stock 7", await StateAsync(variant));
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => shop.PlaceAsync(OrderingShop.OrderOf(variant))));
        Assert.Equal(7, answers.Count(a => a.StatusCode == HttpStatusCode.Created));
        Assert.Equal((10, 7, 3), await shop.StockAsync(variant));
        await RuleAsync(variant, new { safetyStock = 9 });
        Assert.Equal("0 out 0", await StateAsync(variant));
        await RuleAsync(variant, new { safetyStock = (int?)null });
        Assert.Equal("3 low 3", await StateAsync(variant));
    }

    [Fact]
    public async Task Back_orders_are_taken_up_to_the_limit_and_shipped_when_their_units_are_there()
    {
        var variant = await shop.NewVariantAsync(2);
        var ruled = await RuleAsync(variant, new { backorder = new { kind = "backorder", limit = 3 }, incoming = new { units = 20, expectedAt = "2031-05-01T00:00:00Z" } });
        Assert.Equal(("backorder", 3, 20), (ruled.GetProperty("backorder").Text("kind"),
            ruled.GetProperty("backorder").GetProperty("limit").GetInt32(), ruled.GetProperty("incoming").GetProperty("units").GetInt32()));
        Assert.Equal("5 low 2", await StateAsync(variant));
        var orders = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            using var answer = await shop.PlaceAsync(new { lines = new[] { new { variantId = variant, quantity = 1 } }, email = "g@example.com", payment = new { method = "sandbox" } });
            return answer.StatusCode == HttpStatusCode.Created ? await answer.Body() : (JsonElement?)null;
        }));
        Assert.Equal(5, orders.Count(o => o is not null));
        Assert.Equal((2, 5, -3), await shop.StockAsync(variant));
        Assert.Equal("0 out 0", await StateAsync(variant));

        var shipped = await Task.WhenAll(orders.OfType<JsonElement>().Select(ShipAsync));
        Assert.Equal(2, shipped.Count(a => a.StatusCode == HttpStatusCode.OK));
        foreach (var waits in shipped.Where(a => a.StatusCode != HttpStatusCode.OK))
            Assert.Equal([variant], (await waits.Problem(HttpStatusCode.Conflict, "not_on_shelf")).GetProperty("variantIds").EnumerateArray().Select(v => v.GetString()));
        Assert.Equal((0, 3, -3), await shop.StockAsync(variant));

        // The limit is lowered below what was sold: that stays, and no more is.
        await RuleAsync(variant, new { backorder = (object?)null });
        await RefusedAsync(variant, 1);
        await shop.PostAsync($"/v1/admin/stock/{variant}/locations/{await shop.LocationIdAsync()}/adjustments", new { delta = 4, reason = "received" }, OrderingShop.NewKey(), shop.Staff);
        Assert.Equal("1 low 1", await StateAsync(variant));
        var late = Array.FindIndex(shipped, a => a.StatusCode != HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.OK, (await ShipAsync(orders.OfType<JsonElement>().ElementAt(late))).StatusCode);
        Assert.Equal((3, 2, 1), await shop.StockAsync(variant));
    }

    [Fact]
    public async Task A_pre_order_of_what_never_lay_there_ends_with_its_time()
    {
        var variant = await shop.NewVariantAsync(null);
        await RefusedAsync(variant, 1);
        await RuleAsync(variant, new { backorder = new { kind = "preorder", limit = 4, until = shop.Clock.GetUtcNow().AddMinutes(3) } });
        await shop.PlacedAsync(OrderingShop.OrderOf(variant, 3));
        var item = await AvailabilityAsync(variant);
        Assert.Equal((1, "backorder", "preorder"), (item.GetProperty("available").GetInt32(), item.Text("stockState"), item.Text("backorder")));
        await RefusedAsync(variant, 2);
        shop.Clock.Advance(TimeSpan.FromMinutes(4));
        await Answers.Eventually(async () => await StateAsync(variant) == "0 out 0", "the pre-order is over");
        await RefusedAsync(variant, 1);
    }

    [Fact]
    public async Task Crossing_the_threshold_and_coming_back_are_told_once_each_with_versions_without_gaps()
    {
        var variant = await shop.NewVariantAsync(10);
        await RuleAsync(variant, new { lowStock = 4 });
        Assert.Equal(["1 stock.state_changed in_stock"], await ToldAsync(variant));
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => shop.PlacedAsync(OrderingShop.OrderOf(variant, 2))));
        var order = await shop.PlacedAsync(OrderingShop.OrderOf(variant, 4));
        await shop.PostAsync($"/v1/orders/{order.Text("id")}/cancellation", new { }, null, shop.Http, ("Souk-Order-Token", order.Text("orderToken")));
        var told = await ToldAsync(variant);
        Assert.Equal(Enumerable.Range(1, told.Count), told.Select(t => int.Parse(t.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Equal(["stock.state_changed in_stock", "stock.state_changed low", "stock.low 4", "stock.state_changed out", "stock.state_changed low", "stock.back 4"],
            told.Select(t => t[(t.IndexOf(' ', StringComparison.Ordinal) + 1)..]));
    }

    [Fact]
    public async Task Is_refused_for_members_that_are_wrong_a_variant_that_is_unknown_and_by_who_is_not_staff()
    {
        var variant = await shop.NewVariantAsync(1);
        foreach (var wrong in new object[] { new { safetyStock = -1 }, new { lowStock = 1_000_001 }, new { incoming = new { units = 0 } },
            new { backorder = new { kind = "backorder", limit = 0 } }, new { backorder = new { kind = "other", limit = 1 } },
            new { backorder = new { kind = "preorder", limit = 1, until = "2020-01-01T00:00:00Z" } } })
            await (await PatchAsync(variant, wrong)).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        await (await PatchAsync(Id<Souk.Contracts.VariantKind>.New(shop.Clock).ToString(), new { safetyStock = 1 })).Problem(HttpStatusCode.NotFound, "variant_not_found");
        await (await PatchAsync(variant, new { safetyStock = 1 }, shop.Http)).Problem(HttpStatusCode.Unauthorized, "not_signed_in");
        // What was never said is kept, and the row says no by itself.
        Assert.Equal(1, (await RuleAsync(variant, new { })).GetProperty("available").GetInt32());
        var oversold = await Assert.ThrowsAsync<PostgresException>(() => shop.ScalarAsync<int>("UPDATE ordering.stock SET reserved = on_hand + oversold_max + 1 RETURNING 1"));
        Assert.Equal("stock_not_oversold", oversold.ConstraintName);
    }
}
