using System.Net;
using Souk.Tests.Identity;

namespace Souk.Tests.Ordering.Carts;

public sealed class ListCartsTests(CartShop shop) : IClassFixture<CartShop>
{
    [Fact]
    public async Task Own_open_carts_are_found_again_newest_first()
    {
        var (anna, ben) = (await shop.NewPerson(), await shop.NewPerson());
        var first = await shop.NewCartAsync(anna.Http, (shop.Variants[0], 2), (shop.Variants[1], 3));
        var ordered = await shop.NewCartAsync(anna.Http, (shop.Variants[0], 1));
        shop.Clock.Advance(TimeSpan.FromSeconds(1));
        var second = await shop.NewCartAsync(anna.Http);
        await shop.NewCartAsync(ben.Http);
        await shop.NewCartAsync();
        await shop.OrderAsync(ordered);
        await (await first.PutLine(shop.Variants[0], 4)).Ok();

        var answer = await anna.Http.GetAsync("/v1/carts");
        Assert.Equal("no-store, private", answer.Headers.CacheControl?.ToString());
        var items = (await answer.Body()).GetProperty("items").EnumerateArray().ToList();
        Assert.Equal([second.Id, first.Id], items.Select(i => i.Text("id")));
        Assert.Equal((2, 7, 2, "USD"), (items[1].GetProperty("lineCount").GetInt32(), items[1].GetProperty("quantity").GetInt32(), items[1].Version(), items[1].Text("currency")));
        Assert.Equal((0, 0), (items[0].GetProperty("lineCount").GetInt32(), items[0].GetProperty("quantity").GetInt32()));
    }

    [Fact]
    public async Task Pages_lead_forward_and_back()
    {
        var anna = await shop.NewPerson();
        List<string> made = [];
        for (var i = 0; i < 5; i++)
        {
            shop.Clock.Advance(TimeSpan.FromMilliseconds(2));
            made.Insert(0, (await shop.NewCartAsync(anna.Http)).Id);
        }

        var first = await (await anna.Http.GetAsync("/v1/carts?limit=2")).Body();
        var second = await (await anna.Http.GetAsync($"/v1/carts?limit=2&cursor={first.Text("nextCursor")}")).Body();
        var third = await (await anna.Http.GetAsync($"/v1/carts?limit=2&cursor={second.Text("nextCursor")}")).Body();
        var back = await (await anna.Http.GetAsync($"/v1/carts?limit=2&cursor={third.Text("previousCursor")}")).Body();

        Assert.Equal([made[..2], made[2..4], made[4..], made[2..4]], new[] { first, second, third, back }.Select(page =>
            page.GetProperty("items").EnumerateArray().Select(i => i.Text("id")).ToList()));
        Assert.False(third.Has("nextCursor"));
    }

    [Fact]
    public async Task Guests_and_unknown_filters_are_refused()
    {
        var (guest, anna) = (await shop.NewCartAsync(), await shop.NewPerson());
        await (await guest.Http.GetAsync("/v1/carts")).Problem(HttpStatusCode.Unauthorized, "not_signed_in");
        await (await anna.Http.GetAsync("/v1/carts?customer=1")).Problem(HttpStatusCode.BadRequest, "query_unknown");
        await (await anna.Http.GetAsync("/v1/carts?limit=0")).Problem(HttpStatusCode.BadRequest, "limit_invalid");
        await (await anna.Http.GetAsync("/v1/carts?cursor=x")).Problem(HttpStatusCode.BadRequest, "cursor_invalid");
    }
}
