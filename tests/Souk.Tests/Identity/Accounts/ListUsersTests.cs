using System.Net;

namespace Souk.Tests.Identity.Accounts;

public sealed class ListUsersTests(TestShop shop) : IClassFixture<TestShop>
{
    [Fact]
    public async Task Pages_show_every_user_once_newest_first_and_lead_back()
    {
        var staff = await shop.NewStaff();
        for (var i = 0; i < 5; i++) await shop.NewPerson();
        var whole = (await (await staff.Http.GetAsync("/v1/admin/users?limit=100")).Body()).GetProperty("items").EnumerateArray().Select(u => u.Text("id")).ToList();
        Assert.Equal(whole.OrderByDescending(id => id, StringComparer.Ordinal), whole);

        List<string> seen = [];
        string? cursor = null, back = null;
        do
        {
            var page = await (await staff.Http.GetAsync($"/v1/admin/users?limit=2{(cursor is null ? "" : $"&cursor={cursor}")}")).Body();
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(u => u.Text("id")));
            cursor = page.TryGetProperty("nextCursor", out var next) ? next.GetString() : null;
            back = page.TryGetProperty("previousCursor", out var previous) ? previous.GetString() : null;
        }
        while (cursor is not null);
        Assert.Equal(whole, seen);

        var lastPage = whole.Count % 2 == 0 ? 2 : 1;
        var before = await (await staff.Http.GetAsync($"/v1/admin/users?limit=2&cursor={back}")).Body();
        Assert.Equal(whole.SkipLast(lastPage).TakeLast(2), before.GetProperty("items").EnumerateArray().Select(u => u.Text("id")));
    }

    [Theory]
    [InlineData("Find.Me@example.com", "find.me@EXAMPLE.com", 1)]
    [InlineData("find.other@example.com", "find@example.com", 0)]
    [InlineData("find.third@example.com", "no e-mail", 0)]
    public async Task An_email_finds_the_user_who_has_it_in_any_spelling(string registered, string asked, int found)
    {
        var staff = await shop.NewStaff();
        var person = await shop.NewPerson(registered);
        var items = (await (await staff.Http.GetAsync($"/v1/admin/users?email={Uri.EscapeDataString(asked)}")).Body()).GetProperty("items");
        Assert.Equal(found, items.GetArrayLength());
        if (found == 1) Assert.Equal((person.Id, registered), (items[0].Text("id"), items[0].Text("email")));
    }

    [Fact]
    public async Task Is_for_staff()
    {
        await (await shop.Http.GetAsync("/v1/admin/users")).Problem(HttpStatusCode.Unauthorized, "not_signed_in");
        var answer = await (await shop.NewPerson()).Http.GetAsync("/v1/admin/users");
        await answer.Problem(HttpStatusCode.Forbidden, "not_allowed");
        Assert.Contains("insufficient_scope", answer.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("limit=0", "limit_invalid")]
    [InlineData("cursor=nonsense", "cursor_invalid")]
    public async Task A_bad_page_is_the_callers_mistake(string query, string code) =>
        await (await (await shop.NewStaff()).Http.GetAsync($"/v1/admin/users?{query}")).Problem(HttpStatusCode.BadRequest, code);
}
