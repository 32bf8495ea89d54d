using System.Net;
using Souk.Tests.Identity;

namespace Souk.Tests.Ordering.Orders;

public sealed class ListAllOrdersTests(OrderingShop shop) : IClassFixture<OrderingShop>
{
    [Fact]
    public async Task Shows_orders_of_everyone_newest_first()
    {
        var variant = await shop.NewVariantAsync(50);
        var placed = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            placed.Add((await shop.PlacedAsync(OrderingShop.OrderOf(variant))).Text("id"));
            shop.Clock.Advance(TimeSpan.FromMilliseconds(2));
        }
        var first = await (await shop.Staff.GetAsync("/v1/admin/orders?limit=2")).Body();
        var second = await (await shop.Staff.GetAsync($"/v1/admin/orders?limit=2&cursor={first.Text("nextCursor")}")).Body();
        Assert.Equal(Enumerable.Reverse(placed).Take(4), first.GetProperty("items").EnumerateArray().Concat(second.GetProperty("items").EnumerateArray())
            .Select(s => s.GetProperty("order").Text("id")));
    }

    [Fact]
    public async Task Finds_one_by_its_number_in_any_spelling()
    {
        var order = await shop.PlacedAsync(OrderingShop.OrderOf(await shop.NewVariantAsync(1)));
        foreach (var typed in new[] { order.Text("number"), order.Text("number").ToLowerInvariant(), order.Text("number").Replace("-", " ", StringComparison.Ordinal) })
        {
            var found = await (await shop.Staff.GetAsync($"/v1/admin/orders?number={Uri.EscapeDataString(typed)}")).Body();
            Assert.Equal([order.Text("id")], found.GetProperty("items").EnumerateArray().Select(s => s.GetProperty("order").Text("id")));
        }
        Assert.Equal(0, (await (await shop.Staff.GetAsync("/v1/admin/orders?number=nonsense")).Body()).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task Is_for_staff_alone()
    {
        Assert.Equal(HttpStatusCode.Unauthorized, (await shop.Http.GetAsync("/v1/admin/orders")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await (await shop.NewPerson()).Http.GetAsync("/v1/admin/orders")).StatusCode);
    }
}
