using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Souk.Contracts;

namespace Souk.Tests.Identity;

/// <summary>Someone with an account, signed in; <see cref="Http"/> sends their access token.</summary>
public sealed record Person(HttpClient Http, string Id, string Email, string Password, string AccessToken, string RefreshToken);

/// <summary>Accounts for tests that need someone, made over HTTP as anyone would.</summary>
public static class People
{
    public const string Password = "correct horse battery";

    public static string NewEmail() => $"{Guid.NewGuid():n}@example.com";

    public static Task<HttpResponseMessage> Register(this TestShop shop, object request) => shop.Http.PostAsJsonAsync("/v1/users", request);

    public static Task<HttpResponseMessage> SignIn(this TestShop shop, string email, string password = Password, string? mode = null) =>
        shop.Http.PostAsJsonAsync("/v1/sessions", new { email, password, mode });

    /// <summary>The cookie of the session that the answer sets, as a browser sends it back; the device's stands beside it.</summary>
    public static string SessionCookie(this HttpResponseMessage answer) =>
        answer.Headers.GetValues("Set-Cookie").Single(cookie => cookie.StartsWith("__Host-souk=", StringComparison.Ordinal)).Split(';')[0];

    /// <summary>A new customer, signed in.</summary>
    public static async Task<Person> NewPerson(this TestShop shop, string? email = null)
    {
        email ??= NewEmail();
        var registered = await shop.Register(new { email, password = Password });
        Assert.Equal(HttpStatusCode.Created, registered.StatusCode);
        return await shop.SignedIn(email);
    }

    /// <summary>Signs in once more.</summary>
    public static async Task<Person> SignedIn(this TestShop shop, string email, string password = Password)
    {
        var answer = await shop.SignIn(email, password);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        var body = await answer.Body();
        return new(shop.Bearing(body.Text("accessToken")), body.GetProperty("user").Text("id"), email, password, body.Text("accessToken"), body.Text("refreshToken"));
    }

    /// <summary>A new member of staff, signed in: the first is made as the command line makes it, the others get the role from one who has it.</summary>
    public static async Task<Person> NewStaff(this TestShop shop)
    {
        var email = NewEmail();
        if (await shop.App.Services.GetRequiredService<IIdentity>().EnsureFirstStaffAsync(RootEmail, CancellationToken.None) is { } made)
        {
            var root = await shop.SignedIn(made.Email, made.OneTimePassword);
            var changed = await root.Http.PutAsJsonAsync("/v1/me/password", new { currentPassword = made.OneTimePassword, newPassword = Password });
            Assert.Equal(HttpStatusCode.NoContent, changed.StatusCode);
        }
        var member = await shop.NewPerson(email);
        var boss = await shop.SignedIn(RootEmail);
        var given = await boss.Http.PutRoles(member.Id, version: 1, "staff");
        Assert.Equal(HttpStatusCode.OK, given.StatusCode);
        return await shop.SignedIn(email);
    }

    /// <summary>The account that <see cref="NewStaff"/> makes first.</summary>
    public const string RootEmail = "root@example.com";

    public static HttpClient Bearing(this TestShop shop, string accessToken)
    {
        var http = shop.NewClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        return http;
    }

    public static Task<HttpResponseMessage> PutRoles(this HttpClient http, string userId, int version, params string[] roles)
    {
        var request = new HttpRequestMessage(HttpMethod.Put, $"/v1/admin/users/{userId}/roles") { Content = JsonContent.Create(new { roles }) };
        request.Headers.TryAddWithoutValidation("If-Match", $"\"{version}\"");
        return http.SendAsync(request);
    }

    public static Task<HttpResponseMessage> PatchMe(this HttpClient http, int? version, string patch)
    {
        var request = new HttpRequestMessage(HttpMethod.Patch, "/v1/me") { Content = new StringContent(patch, new MediaTypeHeaderValue("application/merge-patch+json")) };
        if (version is not null) request.Headers.TryAddWithoutValidation("If-Match", $"\"{version}\"");
        return http.SendAsync(request);
    }

    public static Task<HttpResponseMessage> Refresh(this TestShop shop, string refreshToken, string? key = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/sessions/refresh") { Content = JsonContent.Create(new { refreshToken }) };
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        return shop.Http.SendAsync(request);
    }

    public static async Task<JsonElement> Problem(this HttpResponseMessage answer, HttpStatusCode status, string code)
    {
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(code, await answer.Code());
        return await answer.Body();
    }
}
