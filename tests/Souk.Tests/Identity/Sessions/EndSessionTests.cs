using System.Net;
using System.Text.Json;

namespace Souk.Tests.Identity.Sessions;

public sealed class EndSessionTests(TestShop shop) : IClassFixture<TestShop>
{
    static async Task<List<JsonElement>> List(Person person) => [.. (await (await person.Http.GetAsync("/v1/me/sessions")).Body()).GetProperty("items").EnumerateArray()];

    static async Task<string> IdOf(Person person) => (await List(person)).Single(s => s.GetProperty("isCurrent").GetBoolean()).Text("id");

    [Fact]
    public async Task Another_session_is_refused_at_its_next_request_and_this_one_goes_on()
    {
        var here = await shop.NewPerson();
        var elsewhere = await shop.SignedIn(here.Email);
        var path = $"/v1/me/sessions/{await IdOf(elsewhere)}";

        Assert.Equal(HttpStatusCode.NoContent, (await here.Http.DeleteAsync(path)).StatusCode);

        await (await elsewhere.Http.GetAsync("/v1/me")).Problem(HttpStatusCode.Unauthorized, "access_token_invalid");
        await (await shop.Refresh(elsewhere.RefreshToken)).Problem(HttpStatusCode.Unauthorized, "refresh_token_invalid");
        Assert.Single(await List(here));
        Assert.Equal(HttpStatusCode.NoContent, (await here.Http.DeleteAsync(path)).StatusCode);
    }

    [Fact]
    public async Task Ending_this_session_is_signing_out()
    {
        var anna = await shop.NewPerson();
        Assert.Equal(HttpStatusCode.NoContent, (await anna.Http.DeleteAsync($"/v1/me/sessions/{await IdOf(anna)}")).StatusCode);
        await (await anna.Http.GetAsync("/v1/me")).Problem(HttpStatusCode.Unauthorized, "access_token_invalid");
    }

    [Fact]
    public async Task A_browser_that_ends_its_own_session_gives_its_cookie_back()
    {
        var anna = await shop.NewPerson();
        var signedIn = await shop.SignIn(anna.Email, mode: "cookie");
        var (cookie, csrf) = (signedIn.SessionCookie(), (await signedIn.Body()).Text("csrfToken"));
        var id = (await List(anna)).Single(s => s.Text("mode") == "cookie").Text("id");

        HttpRequestMessage Request(HttpMethod method, string path)
        {
            var request = new HttpRequestMessage(method, path);
            request.Headers.Add("Cookie", cookie);
            if (method == HttpMethod.Delete) request.Headers.Add("Souk-Csrf-Token", csrf);
            return request;
        }
        var ended = await shop.Http.SendAsync(Request(HttpMethod.Delete, $"/v1/me/sessions/{id}"));

        Assert.Equal(HttpStatusCode.NoContent, ended.StatusCode);
        Assert.Contains("max-age=0", ended.Headers.GetValues("Set-Cookie").Single(), StringComparison.OrdinalIgnoreCase);
        await (await shop.Http.SendAsync(Request(HttpMethod.Get, "/v1/me"))).Problem(HttpStatusCode.Unauthorized, "not_signed_in");
        Assert.Equal(HttpStatusCode.OK, (await anna.Http.GetAsync("/v1/me")).StatusCode);
    }

    [Fact]
    public async Task A_strangers_session_is_none_and_lives_on()
    {
        var (anna, ben) = (await shop.NewPerson(), await shop.NewPerson());
        foreach (var id in new[] { await IdOf(ben), "ses_00000000000000000000000000", ben.Id, "x" })
            await (await anna.Http.DeleteAsync($"/v1/me/sessions/{id}")).Problem(HttpStatusCode.NotFound, "session_not_found");
        Assert.Equal(HttpStatusCode.OK, (await ben.Http.GetAsync("/v1/me")).StatusCode);
        await (await shop.Http.DeleteAsync($"/v1/me/sessions/{await IdOf(ben)}")).Problem(HttpStatusCode.Unauthorized, "not_signed_in");
    }
}
