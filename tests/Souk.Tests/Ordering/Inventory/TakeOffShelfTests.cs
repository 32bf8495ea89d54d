using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Souk.Platform.Ids;
using Souk.Tests.Ordering.Orders;

namespace Souk.Tests.Ordering.Inventory;

/// <summary>Sells from the nearest shelf.</summary>
public sealed class NearestShop(TestPostgres postgres) : PayingShop(postgres)
{
    protected override void Configure(Microsoft.AspNetCore.Builder.WebApplicationBuilder builder)
    {
        base.Configure(builder);
        builder.Configuration["Ordering:Allocation"] = "nearest";
    }
}

public sealed class TakeOffShelfTests(NearestShop shop) : IClassFixture<NearestShop>
{
    static readonly object Amsterdam = new { name = "Jo", line1 = "Dam 1", city = "Amsterdam", postalCode = "1012 JS", country = "NL" };

    Task<HttpResponseMessage> MarkAsync(JsonElement order, string status) => shop.PostAsync($"/v1/admin/orders/{order.Text("id")}/fulfilment", new { status }, null, shop.Staff);

    Task<JsonElement> PaidAsync(params (string Variant, int Quantity)[] lines) => shop.PlacedAsync(new
    {
        lines = lines.Select(l => new { variantId = l.Variant, quantity = l.Quantity }),
        email = "guest@example.com",
        shippingAddress = Amsterdam,
        payment = new { method = "sandbox" },
    });

    async Task<string> DepotAsync(string country, string postalCode) =>
        (await (await shop.Staff.PostAsJsonAsync("/v1/admin/locations", new { name = $"Depot {Guid.NewGuid():n}", country, postalCode })).Body()).Text("id");

    async Task CountAsync(string variant, string location, int onHand) =>
        Assert.Equal(HttpStatusCode.OK, (await shop.Staff.PutAsJsonAsync($"/v1/admin/stock/{variant}/locations/{location}", new { onHand })).StatusCode);

    async Task<List<(string Location, int OnHand)>> LevelsAsync(string variant) =>
        [.. (await (await shop.Staff.GetAsync($"/v1/admin/stock/{variant}")).Body()).GetProperty("levels").EnumerateArray().Select(l => (l.Text("locationId"), l.GetProperty("onHand").GetInt32()))];

    [Fact]
    public async Task Shipping_takes_the_units_from_the_nearest_shelves_once_and_movements_tell_of_it()
    {
        var variant = await shop.NewVariantAsync(0);
        var (far, near) = (await DepotAsync("NL", "9712"), await DepotAsync("NL", "1011"));
        await CountAsync(variant, far, 5);
        await CountAsync(variant, near, 2);
        var order = await PaidAsync((variant, 3));
        Assert.Equal((7, 3, 4), await shop.StockAsync(variant));

        await MarkAsync(order, "packed");
        Assert.Equal((7, 3, 4), await shop.StockAsync(variant));
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => MarkAsync(order, "shipped")));
        Assert.All(answers, a => Assert.Equal(HttpStatusCode.OK, a.StatusCode));
        Assert.Equal((4, 0, 4), await shop.StockAsync(variant));
        Assert.Equal([(near, 0), (far, 4)], (await LevelsAsync(variant)).Where(l => l.Location == near || l.Location == far).OrderBy(l => l.OnHand));
        await MarkAsync(order, "delivered");
        Assert.Equal((4, 0, 4), await shop.StockAsync(variant));
        Assert.Equal(-3L, await shop.ScalarAsync<long>($"SELECT sum(delta) FROM ordering.stock_movements WHERE order_id = '{Uuid(order)}' AND reason = 'shipped' AND actor_id IS NOT NULL"));
    }

    [Fact]
    public async Task Orders_of_the_same_variants_shipped_at_once_neither_wait_for_ever_nor_lose_a_unit()
    {
        var (one, two) = (await shop.NewVariantAsync(100), await shop.NewVariantAsync(100));
        var orders = new List<JsonElement>();
        for (var i = 0; i < 12; i++) orders.Add(await PaidAsync(i % 2 == 0 ? [(one, 1), (two, 2)] : [(two, 2), (one, 1)]));
        var shipping = orders.Select(order => MarkAsync(order, "delivered"));
        var placing = Enumerable.Range(0, 12).Select(_ => shop.PlaceAsync(OrderingShop.OrderOf(two)));
        Assert.All(await Task.WhenAll(shipping.Concat(placing)), a => Assert.True(a.IsSuccessStatusCode));
        Assert.Equal((88, 0, 88), await shop.StockAsync(one));
        Assert.Equal((76, 12, 64), await shop.StockAsync(two));
    }

    [Fact]
    public async Task What_the_previous_release_shipped_is_taken_off_by_a_job_once()
    {
        var variant = await shop.NewVariantAsync(9);
        var order = await PaidAsync((variant, 4));
        Assert.Equal((9, 4, 5), await shop.StockAsync(variant));
        await shop.ScalarAsync<int>($"UPDATE ordering.orders SET fulfilment_status = 'shipped', version = version + 1 WHERE id = '{Uuid(order)}' RETURNING version");
        shop.Clock.Advance(TimeSpan.FromMinutes(1));
        await Answers.Eventually(async () => await shop.StockAsync(variant) == (5, 0, 5), "the units left the shelf");
        Assert.Equal(HttpStatusCode.OK, (await MarkAsync(order, "delivered")).StatusCode);
        Assert.Equal((5, 0, 5), await shop.StockAsync(variant));
    }

    static Guid Uuid(JsonElement order) => Id<Souk.Contracts.OrderKind>.TryRead(order.Text("id"), out var id) ? id.Value : throw new ArgumentException("no order");
}
