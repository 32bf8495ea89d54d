using System.Net;
using Souk.Tests.Identity;

namespace Souk.Tests.Ordering.Orders;

public sealed class ReadAnyOrderTests(OrderingShop shop) : IClassFixture<OrderingShop>
{
    [Fact]
    public async Task Shows_staff_whose_it_is_and_what_happened_to_it()
    {
        var ada = await shop.NewPerson();
        var order = await shop.PlacedAsync(OrderingShop.OrderOf(await shop.NewVariantAsync(1), email: null), by: ada.Http);
        await shop.PostAsync($"/v1/orders/{order.Text("id")}/cancellation", new { reason = "price" }, null, ada.Http);

        var sale = await (await shop.Staff.GetAsync($"/v1/admin/orders/{order.Text("id")}")).Body();
        Assert.Equal((ada.Id, "cancelled"), (sale.Text("customerId"), sale.GetProperty("order").Text("status")));
        var change = Assert.Single(sale.GetProperty("changes").EnumerateArray());
        Assert.Equal(("placed", "cancelled", ada.Id, "price"), (change.Text("from"), change.Text("to"), change.Text("actorId"), change.Text("reason")));
    }

    [Fact]
    public async Task Is_for_staff_alone_and_of_orders_alone()
    {
        var order = await shop.PlacedAsync(OrderingShop.OrderOf(await shop.NewVariantAsync(1)));
        Assert.Equal(HttpStatusCode.Forbidden, (await (await shop.NewPerson()).Http.GetAsync($"/v1/admin/orders/{order.Text("id")}")).StatusCode);
        await (await shop.Staff.GetAsync("/v1/admin/orders/ord_00000000000000000000000000")).Problem(HttpStatusCode.NotFound, "order_not_found");
    }
}
