using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Souk.Tests.Identity.Sessions;

public sealed class ListSessionsTests(TestShop shop) : IClassFixture<TestShop>
{
    const string Firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0";

    async Task<JsonElement> SignInFrom(string email, string? userAgent, string mode = "token")
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/sessions") { Content = JsonContent.Create(new { email, password = People.Password, mode }) };
        if (userAgent is not null) request.Headers.TryAddWithoutValidation("User-Agent", userAgent);
        var answer = await shop.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return await answer.Body();
    }

    static async Task<List<JsonElement>> List(HttpClient http) => [.. (await (await http.GetAsync("/v1/me/sessions")).Body()).GetProperty("items").EnumerateArray()];

    [Fact]
    public async Task Shows_where_one_is_signed_in_the_latest_first_and_which_is_this()
    {
        var anna = await shop.NewPerson();
        await SignInFrom(anna.Email, Firefox, "cookie");
        await SignInFrom(anna.Email, "curl/8.14.1");

        var answer = await anna.Http.GetAsync("/v1/me/sessions");
        Assert.Equal("no-store, private", string.Join(", ", answer.Headers.CacheControl!.ToString().Split(", ").Order()));
        var items = await List(anna.Http);
        Assert.Equal(["curl/8.14.1", "Firefox on Windows", null], items.Select(s => s.TryGetProperty("device", out var device) ? device.GetString() : null));
        Assert.Equal(["token", "cookie", "token"], items.Select(s => s.Text("mode")));
        Assert.Equal([false, false, true], items.Select(s => s.GetProperty("isCurrent").GetBoolean()));
        Assert.All(items, s => Assert.True(IPAddress.IsLoopback(IPAddress.Parse(s.Text("address")))));
        Assert.All(items, s => Assert.Equal(s.Text("createdAt"), s.Text("lastSeenAt")));
        Assert.All(items, s => Assert.StartsWith("ses_", s.Text("id"), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Sessions_of_others_and_those_that_have_ended_are_not_shown()
    {
        var (anna, ben) = (await shop.NewPerson(), await shop.NewPerson());
        var elsewhere = await shop.SignedIn(anna.Email);
        Assert.Equal(2, (await List(anna.Http)).Count);

        await elsewhere.Http.DeleteAsync("/v1/sessions/current");

        Assert.True(Assert.Single(await List(anna.Http)).GetProperty("isCurrent").GetBoolean());
        Assert.Single(await List(ben.Http));
    }

    [Fact]
    public async Task A_refresh_and_the_use_of_a_cookie_are_a_sign_of_life()
    {
        var anna = await shop.NewPerson();
        var resting = await shop.SignedIn(anna.Email);
        var cookie = (await shop.SignIn(anna.Email, mode: "cookie")).SessionCookie();
        shop.Clock.Advance(TimeSpan.FromHours(5));
        var now = shop.Clock.GetUtcNow();

        var browser = new HttpRequestMessage(HttpMethod.Get, "/v1/me/sessions");
        browser.Headers.Add("Cookie", cookie);
        await shop.Http.SendAsync(browser);
        var refreshed = shop.Bearing((await (await shop.Refresh(anna.RefreshToken)).Body()).Text("accessToken"));

        var seen = (await List(refreshed)).Select(s => s.GetProperty("lastSeenAt").GetDateTimeOffset()).ToList();
        Assert.True(seen[0] >= now.AddSeconds(-1) && seen[2] >= now.AddSeconds(-1));
        Assert.True(seen[1] < now.AddHours(-4), $"{resting.Id} was not used since.");
    }

    [Fact]
    public async Task Many_sessions_come_in_pages()
    {
        var anna = await shop.NewPerson();
        for (var i = 0; i < 4; i++) await shop.SignedIn(anna.Email);

        var first = await (await anna.Http.GetAsync("/v1/me/sessions?limit=3")).Body();
        var second = await (await anna.Http.GetAsync($"/v1/me/sessions?limit=3&cursor={first.Text("nextCursor")}")).Body();
        var back = await (await anna.Http.GetAsync($"/v1/me/sessions?limit=3&cursor={second.Text("previousCursor")}")).Body();

        Assert.Equal((3, 2), (first.GetProperty("items").GetArrayLength(), second.GetProperty("items").GetArrayLength()));
        Assert.Equal(first.GetProperty("items").ToString(), back.GetProperty("items").ToString());
        Assert.True(second.GetProperty("items")[1].GetProperty("isCurrent").GetBoolean());
    }

    [Fact]
    public async Task Visitors_have_none() => await (await shop.Http.GetAsync("/v1/me/sessions")).Problem(HttpStatusCode.Unauthorized, "not_signed_in");
}
