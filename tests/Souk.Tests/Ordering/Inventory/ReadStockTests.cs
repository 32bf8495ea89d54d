using System.Net;
using Souk.Tests.Identity;

namespace Souk.Tests.Ordering.Inventory;

public sealed class ReadStockTests(OrderingShop shop) : IClassFixture<OrderingShop>
{
    [Fact]
    public async Task Shows_what_lies_where_what_is_promised_and_how_it_came()
    {
        var variant = await shop.NewVariantAsync(12);
        await shop.PlacedAsync(OrderingShop.OrderOf(variant, 5));
        await shop.PostAsync($"/v1/admin/stock/{variant}/locations/{await shop.LocationIdAsync()}/adjustments", new { delta = -2, reason = "damaged" }, OrderingShop.NewKey(), shop.Staff);

        var stock = await (await shop.Staff.GetAsync($"/v1/admin/stock/{variant}")).Body();
        Assert.Equal((10, 5, 5, "low"), (stock.GetProperty("onHand").GetInt32(), stock.GetProperty("reserved").GetInt32(),
            stock.GetProperty("available").GetInt32(), stock.Text("stockState")));
        var level = stock.GetProperty("levels")[0];
        Assert.Equal((OrderingShop.Location, 10, 2), (level.Text("location"), level.GetProperty("onHand").GetInt32(), level.GetProperty("version").GetInt32()));
        Assert.Equal([(-2, "damaged", 10, true), (12, "import", 12, false)], stock.GetProperty("movements").EnumerateArray()
            .Select(m => (m.GetProperty("delta").GetInt32(), m.Text("reason"), m.GetProperty("onHand").GetInt32(), m.TryGetProperty("actorId", out _))));
    }

    [Fact]
    public async Task Knows_no_variant_that_was_never_stocked_and_no_other_id()
    {
        await (await shop.Staff.GetAsync($"/v1/admin/stock/{await shop.NewVariantAsync(null)}")).Problem(HttpStatusCode.NotFound, "variant_not_found");
        await (await shop.Staff.GetAsync("/v1/admin/stock/prod_00000000000000000000000000")).Problem(HttpStatusCode.NotFound, "variant_not_found");
    }

    [Fact]
    public async Task Is_for_staff_alone() =>
        Assert.Equal(HttpStatusCode.Forbidden, (await (await shop.NewPerson()).Http.GetAsync($"/v1/admin/stock/{await shop.NewVariantAsync(1)}")).StatusCode);
}
