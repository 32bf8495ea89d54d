using System.Net;
using System.Net.Http.Json;

namespace Souk.Tests.Identity.Sessions;

public sealed class CookieSessionsTests(TestShop shop) : IClassFixture<TestShop>
{
    sealed record Browser(string Cookie, string CsrfToken, string Email);

    async Task<Browser> NewBrowser()
    {
        var anna = await shop.NewPerson();
        var answer = await shop.SignIn(anna.Email, mode: "cookie");
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        var body = await answer.Body();
        Assert.False(body.TryGetProperty("accessToken", out _) || body.TryGetProperty("refreshToken", out _));

        var set = answer.Headers.GetValues("Set-Cookie").Single(cookie => !cookie.StartsWith("__Host-souk-device=", StringComparison.Ordinal));
        Assert.StartsWith("__Host-souk=", set, StringComparison.Ordinal);
        foreach (var attribute in new[] { "httponly", "secure", "samesite=lax", "path=/" }) Assert.Contains(attribute, set, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("domain", set, StringComparison.OrdinalIgnoreCase);
        return new(set.Split(';')[0], body.Text("csrfToken"), anna.Email);
    }

    Task<HttpResponseMessage> Send(Browser browser, HttpMethod method, string path, string? csrf, object? body = null)
    {
        var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Add("Cookie", browser.Cookie);
        request.Headers.TryAddWithoutValidation("If-Match", "\"1\"");
        if (csrf is not null) request.Headers.Add("Souk-Csrf-Token", csrf);
        return shop.Http.SendAsync(request);
    }

    [Fact]
    public async Task A_cookie_reads_without_and_writes_only_with_the_csrf_token()
    {
        var browser = await NewBrowser();
        var other = await NewBrowser();

        var me = await Send(browser, HttpMethod.Get, "/v1/me", csrf: null);
        Assert.Equal((HttpStatusCode.OK, browser.Email), (me.StatusCode, (await me.Body()).Text("email")));
        Assert.Equal(browser.CsrfToken, me.Headers.GetValues("Souk-Csrf-Token").Single());

        foreach (var wrong in new[] { null, "wrong", other.CsrfToken })
        {
            await (await Send(browser, HttpMethod.Patch, "/v1/me", wrong, new { name = "Eve" })).Problem(HttpStatusCode.Forbidden, "csrf_token_invalid");
            await (await Send(browser, HttpMethod.Delete, "/v1/sessions/current", wrong)).Problem(HttpStatusCode.Forbidden, "csrf_token_invalid");
        }
        Assert.Equal(HttpStatusCode.OK, (await Send(browser, HttpMethod.Patch, "/v1/me", browser.CsrfToken, new { name = "Anna" })).StatusCode);
    }

    [Fact]
    public async Task Signing_out_ends_the_session_and_takes_the_cookie_back()
    {
        var browser = await NewBrowser();
        var answer = await Send(browser, HttpMethod.Delete, "/v1/sessions/current", browser.CsrfToken);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Contains("max-age=0", answer.Headers.GetValues("Set-Cookie").Single(), StringComparison.OrdinalIgnoreCase);
        await (await Send(browser, HttpMethod.Get, "/v1/me", csrf: null)).Problem(HttpStatusCode.Unauthorized, "not_signed_in");
        Assert.Equal(HttpStatusCode.NoContent, (await Send(browser, HttpMethod.Delete, "/v1/sessions/current", browser.CsrfToken)).StatusCode);
    }

    [Fact]
    public async Task A_cookie_that_names_nothing_is_a_visitor_who_may_sign_in()
    {
        var lost = new Browser("__Host-souk=nonsense", "", "");
        await (await Send(lost, HttpMethod.Get, "/v1/me", csrf: null)).Problem(HttpStatusCode.Unauthorized, "not_signed_in");
        Assert.Equal(HttpStatusCode.Created,
            (await Send(lost, HttpMethod.Post, "/v1/users", csrf: null, new { email = People.NewEmail(), password = People.Password })).StatusCode);
    }

    [Fact]
    public async Task A_refresh_token_is_no_cookie_and_a_cookie_no_refresh_token()
    {
        var (browser, anna) = (await NewBrowser(), await shop.NewPerson());
        var swapped = browser with { Cookie = $"__Host-souk={anna.RefreshToken}" };
        await (await Send(swapped, HttpMethod.Get, "/v1/me", csrf: null)).Problem(HttpStatusCode.Unauthorized, "not_signed_in");
        await (await shop.Refresh(browser.Cookie.Split('=')[1])).Problem(HttpStatusCode.Unauthorized, "refresh_token_invalid");
    }

    [Fact]
    public async Task A_cookie_slides_for_fourteen_days_at_a_time_and_ends_after_ninety()
    {
        var (used, rested) = (await NewBrowser(), await NewBrowser());
        for (var days = 0; days < 84; days += 12)
        {
            shop.Clock.Advance(TimeSpan.FromDays(12));
            Assert.Equal(HttpStatusCode.OK, (await Send(used, HttpMethod.Get, "/v1/me", csrf: null)).StatusCode);
            if (days == 12) await (await Send(rested, HttpMethod.Get, "/v1/me", csrf: null)).Problem(HttpStatusCode.Unauthorized, "not_signed_in");
        }
        shop.Clock.Advance(TimeSpan.FromDays(7));
        await (await Send(used, HttpMethod.Get, "/v1/me", csrf: null)).Problem(HttpStatusCode.Unauthorized, "not_signed_in");
    }
}
