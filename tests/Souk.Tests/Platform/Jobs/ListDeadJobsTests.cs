using System.Net;
using Souk.Tests.Identity;

namespace Souk.Tests.Platform.Jobs;

public sealed class ListDeadJobsTests(TestShop shop) : IClassFixture<TestShop>
{
    const string Path = "/v1/admin/dead-jobs";

    [Fact]
    public async Task Pages_show_every_dead_letter_once_with_what_it_was_to_do_and_why_it_failed()
    {
        var staff = await shop.NewStaff();
        for (var i = 0; i < 5; i++) await DeadJobs.AddAsync(shop, "test.dead", $$"""{"orderId": "ord_{{i}}"}""", dueAt: shop.Clock.GetUtcNow().AddSeconds(i));

        List<string> seen = [];
        string? next = Path + "?limit=2";
        while (next is not null)
        {
            using var answer = await staff.Http.GetAsync(next);
            Assert.Equal("no-store, private", answer.Headers.CacheControl?.ToString());
            var page = await answer.Body();
            foreach (var job in page.GetProperty("items").EnumerateArray())
            {
                Assert.StartsWith("job_", job.Text("id"), StringComparison.Ordinal);
                Assert.Equal(("test.dead", 12, "TimeoutException"), (job.Text("type"), job.GetProperty("attempts").GetInt32(), job.Text("lastError")));
                seen.Add(job.GetProperty("args").Text("orderId"));
            }
            next = page.TryGetProperty("nextCursor", out var cursor) ? $"{Path}?limit=2&cursor={cursor.GetString()}" : null;
        }
        Assert.Equal(["ord_4", "ord_3", "ord_2", "ord_1", "ord_0"], seen);
    }

    [Fact]
    public async Task Is_for_staff()
    {
        await (await shop.Http.GetAsync(Path)).Problem(HttpStatusCode.Unauthorized, "not_signed_in");
        await (await (await shop.NewPerson()).Http.GetAsync(Path)).Problem(HttpStatusCode.Forbidden, "not_allowed");
    }

    [Theory]
    [InlineData("limit=0", "limit_invalid")]
    [InlineData("cursor=nonsense", "cursor_invalid")]
    [InlineData("type=test.dead", "query_unknown")]
    public async Task A_bad_page_is_the_callers_mistake(string query, string code) =>
        await (await (await shop.NewStaff()).Http.GetAsync($"{Path}?{query}")).Problem(HttpStatusCode.BadRequest, code);
}

/// <summary>Dead letters, as a worker leaves them.</summary>
static class DeadJobs
{
    public static async Task<Guid> AddAsync(TestShop shop, string type, string args, DateTimeOffset? dueAt = null)
    {
        var id = Guid.CreateVersion7(dueAt ?? shop.Clock.GetUtcNow());
        await using var command = shop.Db.CreateCommand("""
            INSERT INTO platform.dead_jobs (id, type, args, attempts, last_error, died_at) VALUES ($1, $2, $3::jsonb, 12, 'TimeoutException', now())
            """);
        foreach (var value in new object[] { id, type, args }) command.Parameters.Add(new() { Value = value });
        await command.ExecuteNonQueryAsync();
        return id;
    }
}
