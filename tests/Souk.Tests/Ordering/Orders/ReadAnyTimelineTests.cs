using System.Net;
using Souk.Tests.Identity;

namespace Souk.Tests.Ordering.Orders;

public sealed class ReadAnyTimelineTests(PayingShop shop) : IClassFixture<PayingShop>
{
    [Fact]
    public async Task Says_who_did_each_step_and_what_left_which_shelf()
    {
        var variant = await shop.NewVariantAsync(9);
        var order = await shop.PlacedAsync(new { lines = new[] { new { variantId = variant, quantity = 2 } }, email = "guest@example.com", payment = new { method = "sandbox" } });
        foreach (var status in new[] { "packed", "delivered" })
            await shop.PostAsync($"/v1/admin/orders/{order.Text("id")}/fulfilment", new { status }, null, shop.Staff);
        var entries = (await (await shop.GetAsync($"/v1/admin/orders/{order.Text("id")}/timeline", by: shop.Staff)).Body()).GetProperty("entries");
        Assert.Equal(["placed", "paid", "packed", "delivered"], entries.EnumerateArray().Select(e => e.Text("what")));
        Assert.StartsWith("usr_", entries[2].Text("actorId"), StringComparison.Ordinal);
        var taken = Assert.Single(entries[3].GetProperty("taken").EnumerateArray());
        Assert.Equal((variant, await shop.LocationIdAsync(), 2), (taken.Text("variantId"), taken.Text("locationId"), taken.GetProperty("quantity").GetInt32()));
        var movement = (await (await shop.Staff.GetAsync($"/v1/admin/stock/{variant}/movements?limit=1")).Body()).GetProperty("items")[0];
        Assert.Equal(("shipped", order.Text("id")), (movement.Text("reason"), movement.Text("orderId")));
    }

    [Fact]
    public async Task Is_for_staff_alone_and_of_orders_that_exist()
    {
        var unknown = Souk.Platform.Ids.Id<Souk.Contracts.OrderKind>.New(shop.Clock);
        await (await shop.GetAsync($"/v1/admin/orders/{unknown}/timeline", by: shop.Staff)).Problem(HttpStatusCode.NotFound, "order_not_found");
        await (await shop.GetAsync($"/v1/admin/orders/{unknown}/timeline")).Problem(HttpStatusCode.Unauthorized, "not_signed_in");
    }
}
