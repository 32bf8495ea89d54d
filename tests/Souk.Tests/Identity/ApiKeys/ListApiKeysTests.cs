using System.Net;

namespace Souk.Tests.Identity.ApiKeys;

public sealed class ListApiKeysTests(TestShop shop) : IClassFixture<TestShop>
{
    [Fact]
    public async Task Pages_show_every_key_once_newest_first_with_its_last_use_and_without_its_secret()
    {
        var staff = (await shop.NewStaff()).Http;
        List<Machine> machines = [];
        for (var i = 0; i < 5; i++)
        {
            machines.Add(await shop.NewMachine(staff, "orders:read"));
            // Ids are in order of time, to the millisecond.
            shop.Clock.Advance(TimeSpan.FromMilliseconds(1));
        }
        Assert.Equal(HttpStatusCode.OK, (await machines[2].Http.GetAsync("/v1/admin/orders")).StatusCode);

        List<string> seen = [];
        string? cursor = null;
        do
        {
            var answer = await staff.GetAsync($"{Machines.Path}?limit=2{(cursor is null ? "" : $"&cursor={cursor}")}");
            Assert.Equal("no-store, private", answer.Headers.CacheControl?.ToString());
            var page = await answer.Body();
            foreach (var key in page.GetProperty("items").EnumerateArray())
            {
                seen.Add(key.Text("id"));
                Assert.False(key.TryGetProperty("key", out _));
                Assert.Equal(key.Text("id") == machines[2].Id, key.TryGetProperty("lastUsedAt", out _));
            }
            cursor = page.TryGetProperty("nextCursor", out var next) ? next.GetString() : null;
        }
        while (cursor is not null);
        Assert.Equal(machines.Select(m => m.Id).Reverse(), seen);
    }

    [Fact]
    public async Task Is_for_who_may_read_keys()
    {
        await (await shop.Http.GetAsync(Machines.Path)).Problem(HttpStatusCode.Unauthorized, "not_signed_in");
        await (await (await shop.NewPerson()).Http.GetAsync(Machines.Path)).Problem(HttpStatusCode.Forbidden, "not_allowed");
    }
}
