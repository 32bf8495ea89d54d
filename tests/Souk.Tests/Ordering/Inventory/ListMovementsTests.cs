using System.Net;
using Souk.Platform.Ids;
using Souk.Tests.Identity;

namespace Souk.Tests.Ordering.Inventory;

public sealed class ListMovementsTests(OrderingShop shop) : IClassFixture<OrderingShop>
{
    [Fact]
    public async Task Walked_in_small_pages_shows_each_once_newest_first()
    {
        var variant = await shop.NewVariantAsync(10);
        var location = await shop.LocationIdAsync();
        for (var i = 1; i <= 4; i++)
            await shop.PostAsync($"/v1/admin/stock/{variant}/locations/{location}/adjustments", new { delta = i, reason = "received", note = $"delivery {i}" }, OrderingShop.NewKey(), shop.Staff);
        var seen = new List<string>();
        for (var path = $"/v1/admin/stock/{variant}/movements?limit=2"; path is not null;)
        {
            var page = await (await shop.Staff.GetAsync(path)).Body();
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(m => $"{m.GetProperty("delta").GetInt32()} {m.Text("reason")}"));
            path = page.TryGetProperty("nextCursor", out var next) ? $"/v1/admin/stock/{variant}/movements?limit=2&cursor={next.GetString()}" : null;
        }
        Assert.Equal(["4 received", "3 received", "2 received", "1 received", "10 import"], seen);
    }

    [Fact]
    public async Task Is_empty_for_what_never_moved_and_refused_for_what_nobody_sells_and_who_is_not_staff()
    {
        var variant = await shop.NewVariantAsync(0);
        Assert.Empty((await (await shop.Staff.GetAsync($"/v1/admin/stock/{variant}/movements")).Body()).GetProperty("items").EnumerateArray());
        await (await shop.Staff.GetAsync($"/v1/admin/stock/{Id<Souk.Contracts.VariantKind>.New(shop.Clock)}/movements")).Problem(HttpStatusCode.NotFound, "variant_not_found");
        await (await shop.Staff.GetAsync($"/v1/admin/stock/{variant}/movements?sort=old")).Problem(HttpStatusCode.BadRequest, "query_unknown");
        Assert.Equal(HttpStatusCode.Unauthorized, (await shop.Http.GetAsync($"/v1/admin/stock/{variant}/movements")).StatusCode);
    }
}
