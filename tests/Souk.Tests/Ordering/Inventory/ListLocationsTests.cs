using System.Net;
using System.Net.Http.Json;

namespace Souk.Tests.Ordering.Inventory;

public sealed class ListLocationsTests(OrderingShop shop) : IClassFixture<OrderingShop>
{
    [Fact]
    public async Task Walked_in_small_pages_shows_each_once_both_ways()
    {
        foreach (var name in new[] { "North", "South", "East" }) await shop.Staff.PostAsJsonAsync("/v1/admin/locations", new { name });

        var (names, last) = (new List<string>(), "");
        for (var path = "/v1/admin/locations?limit=2"; path is not null;)
        {
            var page = await (await shop.Staff.GetAsync(path)).Body();
            names.AddRange(page.GetProperty("items").EnumerateArray().Select(l => l.Text("name")));
            last = path;
            path = page.TryGetProperty("nextCursor", out var next) ? $"/v1/admin/locations?limit=2&cursor={next.GetString()}" : null;
        }
        Assert.Equal(["North", "South", "East"], names.Where(n => n.Length <= 5));
        var back = (await (await shop.Staff.GetAsync(last)).Body()).GetProperty("previousCursor").GetString();
        var before = await (await shop.Staff.GetAsync($"/v1/admin/locations?limit=2&cursor={back}")).Body();
        Assert.Equal(names.Take(2), before.GetProperty("items").EnumerateArray().Select(l => l.Text("name")));
    }

    [Fact]
    public async Task Is_for_staff_alone() => Assert.Equal(HttpStatusCode.Unauthorized, (await shop.Http.GetAsync("/v1/admin/locations")).StatusCode);
}
