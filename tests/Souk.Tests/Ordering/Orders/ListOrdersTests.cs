using System.Net;
using Souk.Tests.Identity;

namespace Souk.Tests.Ordering.Orders;

public sealed class ListOrdersTests(OrderingShop shop) : IClassFixture<OrderingShop>
{
    [Fact]
    public async Task Shows_ones_own_newest_first_each_once_over_pages()
    {
        var variant = await shop.NewVariantAsync(50);
        var (ada, bob) = (await shop.NewPerson(), await shop.NewPerson());
        var placed = new List<string>();
        for (var i = 0; i < 7; i++)
        {
            placed.Add((await shop.PlacedAsync(OrderingShop.OrderOf(variant, email: null), by: ada.Http)).Text("id"));
            await shop.PlacedAsync(OrderingShop.OrderOf(variant, email: null), by: bob.Http);
            shop.Clock.Advance(TimeSpan.FromMilliseconds(2));
        }
        placed.Reverse();

        var (seen, previous) = (new List<string>(), "");
        for (var path = "/v1/orders?limit=3"; path is not null;)
        {
            var page = await (await shop.GetAsync(path, by: ada.Http)).Body();
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(o => o.Text("id")));
            previous = page.TryGetProperty("previousCursor", out var before) ? before.GetString()! : "";
            path = page.TryGetProperty("nextCursor", out var next) ? $"/v1/orders?limit=3&cursor={next.GetString()}" : null;
        }
        Assert.Equal(placed, seen);
        var back = await (await shop.GetAsync($"/v1/orders?limit=3&cursor={previous}", by: ada.Http)).Body();
        Assert.Equal(placed.Skip(3).Take(3), back.GetProperty("items").EnumerateArray().Select(o => o.Text("id")));
        await (await shop.GetAsync($"/v1/orders?limit=3&cursor={previous}", by: bob.Http)).Problem(HttpStatusCode.BadRequest, "cursor_invalid");
    }

    [Fact]
    public async Task Shows_a_guest_with_the_token_and_nobody_without()
    {
        var order = await shop.PlacedAsync(OrderingShop.OrderOf(await shop.NewVariantAsync(1)));
        var list = await (await shop.GetAsync("/v1/orders", order.Text("orderToken"))).Body();
        Assert.Equal([order.Text("id")], list.GetProperty("items").EnumerateArray().Select(o => o.Text("id")));
        await (await shop.GetAsync("/v1/orders")).Problem(HttpStatusCode.Unauthorized, "not_signed_in");
        await (await shop.GetAsync("/v1/orders?state=paid", order.Text("orderToken"))).Problem(HttpStatusCode.BadRequest, "query_unknown");
    }
}
