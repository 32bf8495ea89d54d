using System.Net;
using System.Net.Http.Json;
using Souk.Platform.Ids;
using Souk.Tests.Identity;

namespace Souk.Tests.Ordering.Inventory;

public sealed class RemoveKitTests(OrderingShop shop) : IClassFixture<OrderingShop>
{
    [Fact]
    public async Task Sells_the_variant_as_itself_again_and_leaves_its_orders_as_they_were_sold()
    {
        var (kit, part) = (await shop.NewVariantAsync(null), await shop.NewVariantAsync(9));
        await shop.Staff.PutAsJsonAsync($"/v1/admin/stock/{kit}/kit", new { components = new[] { new { variantId = part, quantity = 3 } } });
        var order = await shop.PlacedAsync(OrderingShop.OrderOf(kit, 2));
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => shop.Staff.DeleteAsync($"/v1/admin/stock/{kit}/kit")));
        Assert.All(answers, a => Assert.Equal(HttpStatusCode.NoContent, a.StatusCode));
        await (await shop.PlaceAsync(OrderingShop.OrderOf(kit))).Problem(HttpStatusCode.Conflict, "insufficient_stock");
        Assert.Equal((9, 6, 3), await shop.StockAsync(part));
        await shop.PostAsync($"/v1/orders/{order.Text("id")}/cancellation", new { }, null, shop.Http, ("Souk-Order-Token", order.Text("orderToken")));
        Assert.Equal((9, 0, 9), await shop.StockAsync(part));
        var adjust = $"/v1/admin/stock/{kit}/locations/{await shop.LocationIdAsync()}/adjustments";
        Assert.Equal(HttpStatusCode.Created, (await shop.PostAsync(adjust, new { delta = 1, reason = "received" }, OrderingShop.NewKey(), shop.Staff)).StatusCode);
        await shop.PlacedAsync(OrderingShop.OrderOf(kit));
        Assert.Equal(((1, 1, 0), (9, 0, 9)), (await shop.StockAsync(kit), await shop.StockAsync(part)));
    }

    [Fact]
    public async Task Is_refused_for_what_was_never_stocked_and_who_is_not_staff()
    {
        var unknown = Id<Souk.Contracts.VariantKind>.New(shop.Clock);
        await (await shop.Staff.DeleteAsync($"/v1/admin/stock/{unknown}/kit")).Problem(HttpStatusCode.NotFound, "variant_not_found");
        await (await shop.Http.DeleteAsync($"/v1/admin/stock/{unknown}/kit")).Problem(HttpStatusCode.Unauthorized, "not_signed_in");
    }
}
