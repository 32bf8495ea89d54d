using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Souk.Platform;
using Souk.Platform.Data;
using Souk.Platform.SecurityLog;
using Souk.Tests.Identity;

namespace Souk.Tests.Platform.SecurityLog;

public sealed class ListSecurityLogTests(TestShop shop) : IClassFixture<TestShop>
{
    const string Path = "/v1/admin/security-log";

    [Fact]
    public async Task Shows_who_did_what_to_what_from_where_and_its_place_in_the_chain()
    {
        var (staff, anna) = (await shop.NewStaff(), await shop.NewPerson());
        await shop.EventuallySealed();
        using var answer = await staff.Http.GetAsync($"{Path}?accountId={anna.Id}&act=sign_in");
        Assert.Equal((HttpStatusCode.OK, "no-store, private"), (answer.StatusCode, answer.Headers.CacheControl?.ToString()));
        var act = (await answer.Body()).GetProperty("items").EnumerateArray().Single();
        Assert.Equal(("sign_in", "done", "account", anna.Id, "127.0.0.1"),
            (act.Text("act"), act.Text("outcome"), act.GetProperty("actor").Text("kind"), act.GetProperty("actor").Text("id"), act.Text("address")));
        Assert.StartsWith("ses_", act.Text("target"), StringComparison.Ordinal);
        Assert.False(act.GetProperty("details").GetProperty("cookie").GetBoolean());
        Assert.True(act.Text("traceId").Length > 0);
        Assert.NotNull(SecurityHead.Parse($"{act.GetProperty("seq").GetInt64()}:{act.Text("hash")}"));
    }

    [Fact]
    public async Task Pages_show_every_entry_once_newest_first_and_back_again()
    {
        var (staff, anna) = (await shop.NewStaff(), await shop.NewPerson());
        for (var i = 0; i < 5; i++) (await shop.SignIn(anna.Email, i % 2 == 0 ? People.Password : "not the password")).Dispose();
        await shop.EventuallySealed();
        var all = (await shop.LoggedOfAsync(anna)).Select(e => e.Act).Reverse().ToList();
        Assert.Equal(7, all.Count);

        List<string> seen = [];
        JsonElement page;
        for (var query = $"{Path}?accountId={anna.Id}&limit=3"; ; query = $"{Path}?accountId={anna.Id}&limit=3&cursor={page.Text("nextCursor")}")
        {
            page = await (await staff.Http.GetAsync(query)).Body();
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.Text("act")));
            if (!page.TryGetProperty("nextCursor", out _)) break;
        }
        Assert.Equal(all, seen);
        var back = await (await staff.Http.GetAsync($"{Path}?accountId={anna.Id}&limit=3&cursor={page.Text("previousCursor")}")).Body();
        Assert.Equal(all[3..6], back.GetProperty("items").EnumerateArray().Select(item => item.Text("act")));
    }

    [Fact]
    public async Task Filters_find_acts_accounts_and_times_together()
    {
        var (staff, anna) = (await shop.NewStaff(), await shop.NewPerson());
        var between = DateTimeOffset.FromUnixTimeMilliseconds(shop.Clock.GetUtcNow().ToUnixTimeMilliseconds() + 2_000);
        shop.Clock.Advance(TimeSpan.FromSeconds(5));
        (await shop.SignIn(anna.Email, "not the password")).Dispose();
        (await staff.Http.PutRoles(anna.Id, 1, "staff")).EnsureSuccessStatusCode();
        await shop.EventuallySealed();

        var time = between.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(["sign_in", "registered"], await ActsAsync(staff, $"accountId={anna.Id}&until={time}"));
        Assert.Equal(["roles_changed", "staff_request", "sign_in_refused"], await ActsAsync(staff, $"accountId={anna.Id}&since={time}"));
        Assert.Equal(["roles_changed"], await ActsAsync(staff, $"accountId={anna.Id}&act=roles_changed"));
        Assert.Equal(["sign_in_refused"], (await ActsAsync(staff, $"act=sign_in_refused&since={time}")).Distinct());
        Assert.Equal(["roles_changed", "staff_request", "sign_in_refused"], (await ActsAsync(staff, $"since={time}")).Take(3));
        Assert.Empty(await ActsAsync(staff, $"since={time}&until={time}"));
        foreach (var nobody in new[] { "usr_01234567890123456789012345", "anna", anna.Id.Replace("usr_", "ord_", StringComparison.Ordinal) })
            Assert.Empty(await ActsAsync(staff, $"accountId={nobody}"));
    }

    [Fact]
    public async Task Whoever_was_erased_leaves_their_acts_without_the_address_and_the_chain_whole()
    {
        var (staff, anna) = (await shop.NewStaff(), await shop.NewPerson());
        await shop.EventuallySealed();
        await shop.App.Services.GetRequiredService<PersonalData>().EraseAsync(anna.AccountId());
        var items = (await (await staff.Http.GetAsync($"{Path}?accountId={anna.Id}")).Body()).GetProperty("items").EnumerateArray().ToList();
        Assert.Equal(2, items.Count);
        Assert.All(items, item => Assert.False(item.TryGetProperty("address", out _)));

        await using var connection = await shop.Db.OpenConnectionAsync();
        Assert.Null((await VerifySecurityLog.RunAsync(connection, shop.App.Services.GetRequiredService<SecurityChain>(), null, default)).Break);
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
    [InlineData("actor=anna", "query_unknown")]
    [InlineData("act=slept", "act_unknown")]
    [InlineData("since=yesterday-ish", "time_invalid")]
    [InlineData("until=2026-13-01", "time_invalid")]
    public async Task A_bad_query_is_the_callers_mistake(string query, string code) =>
        await (await (await shop.NewStaff()).Http.GetAsync($"{Path}?{query}")).Problem(HttpStatusCode.BadRequest, code);

    /// <summary>However the list is filtered, it reads what it shows, from an index.</summary>
    [Fact]
    public async Task Every_filter_goes_by_an_index()
    {
        await using var connection = await shop.Db.OpenConnectionAsync();
        foreach (var name in new[] { "Older", "OlderOfAct", "OlderOfAccount", "Newer", "NewerOfAct", "NewerOfAccount" })
        {
            var sql = (string)typeof(ListSecurityLog).GetField(name, System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!.GetRawConstantValue()!;
            await connection.ExecuteAsync($"PREPARE list AS {sql}", [], default);
            var arguments = name.Contains("Account", StringComparison.Ordinal) ? "21, NULL, NULL, NULL, gen_random_uuid(), NULL" : name.Contains("Act", StringComparison.Ordinal)
                ? "21, NULL, NULL, NULL, 'sign_in'" : "21, NULL, NULL, NULL";
            var plan = string.Join('\n', await connection.QueryAsync($"EXPLAIN EXECUTE list({arguments})", static row => row.GetString(0), [], default));
            await connection.ExecuteAsync("DEALLOCATE list", [], default);
            Assert.DoesNotContain("Seq Scan", plan, StringComparison.Ordinal);
            Assert.Contains("Index Scan", plan, StringComparison.Ordinal);
            if (!name.Contains("Account", StringComparison.Ordinal)) Assert.DoesNotContain("Sort", plan, StringComparison.Ordinal);
        }
    }

    static async Task<List<string>> ActsAsync(Person staff, string query)
    {
        using var answer = await staff.Http.GetAsync($"{Path}?limit=100&{query}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return [.. (await answer.Body()).GetProperty("items").EnumerateArray().Select(item => item.Text("act"))];
    }
}
