using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Souk.Contracts;

namespace Souk.Tests.Identity.SecondFactors;

/// <summary>A shop that wants a second factor of its staff.</summary>
public sealed class StrictShop(TestPostgres postgres) : TestShop(postgres)
{
    protected override void Configure(WebApplicationBuilder builder) =>
        builder.Configuration.AddInMemoryCollection([new("Identity:StaffNeedSecondFactor", "true"), new("Identity:TotpIssuer", "Strict & Co")]);
}

public sealed class StaffFactorTests(StrictShop shop) : IClassFixture<StrictShop>
{
    const string Users = "/v1/admin/users", Email = "staff@example.com";

    Task<HttpResponseMessage> AsBrowser(string cookie, string path)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Cookie", cookie);
        return shop.Http.SendAsync(request);
    }

    static string CookieOf(HttpResponseMessage answer) => answer.SessionCookie();

    [Fact]
    public async Task Staff_are_customers_until_they_have_a_second_factor_and_again_without_it()
    {
        var made = await shop.App.Services.GetRequiredService<IIdentity>().EnsureFirstStaffAsync(Email, CancellationToken.None);
        var answer = await (await shop.SignIn(Email, made!.OneTimePassword)).Body();
        Assert.True(answer.GetProperty("secondFactorSetupRequired").GetBoolean());
        var staff = await shop.SignedIn(Email, made.OneTimePassword);
        await (await staff.Http.GetAsync(Users)).Problem(HttpStatusCode.Forbidden, "second_factor_setup_required");
        var browser = await shop.SignIn(Email, made.OneTimePassword, "cookie");
        Assert.True((await browser.Body()).GetProperty("secondFactorSetupRequired").GetBoolean());
        await (await AsBrowser(CookieOf(browser), Users)).Problem(HttpStatusCode.Forbidden, "second_factor_setup_required");
        Assert.Equal(HttpStatusCode.OK, (await AsBrowser(CookieOf(browser), "/v1/me")).StatusCode);

        var guarded = await shop.Guard(staff);
        staff = await shop.Refreshed(staff);
        Assert.Equal(HttpStatusCode.OK, (await staff.Http.GetAsync(Users)).StatusCode);
        // A node may remember for so long what a cookie may do.
        shop.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(HttpStatusCode.OK, (await AsBrowser(CookieOf(browser), Users)).StatusCode);
        var again = await (await shop.Answer(await shop.ChallengeOf(staff), shop.CodeOf(guarded.Secret))).Body();
        Assert.False(again.TryGetProperty("secondFactorSetupRequired", out _));

        // Removed, the tokens that say staff serve no more.
        Assert.Equal(HttpStatusCode.NoContent, (await staff.Http.DeleteAsync(Authenticators.Totp)).StatusCode);
        await (await staff.Http.GetAsync(Users)).Problem(HttpStatusCode.Unauthorized, "access_token_invalid");
        await (await shop.Bearing(again.Text("accessToken")).GetAsync(Users)).Problem(HttpStatusCode.Unauthorized, "access_token_invalid");
        await (await AsBrowser(CookieOf(browser), Users)).Problem(HttpStatusCode.Unauthorized, "not_signed_in");
        await (await (await shop.SignedIn(Email, made.OneTimePassword)).Http.GetAsync(Users)).Problem(HttpStatusCode.Forbidden, "second_factor_setup_required");
    }

    [Fact]
    public async Task Customers_are_asked_for_nothing_and_keep_their_sessions()
    {
        var anna = await shop.NewPerson();
        Assert.False((await (await shop.SignIn(anna.Email)).Body()).TryGetProperty("secondFactorSetupRequired", out _));
        await (await anna.Http.GetAsync(Users)).Problem(HttpStatusCode.Forbidden, "not_allowed");
        await shop.Guard(anna);
        Assert.Equal(HttpStatusCode.NoContent, (await anna.Http.DeleteAsync(Authenticators.Totp)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await anna.Http.GetAsync("/v1/me")).StatusCode);
    }

    [Fact]
    public async Task Authenticators_show_the_name_of_the_shop()
    {
        var anna = await shop.NewPerson();
        var begun = await (await anna.Http.PostAsJsonAsync(Authenticators.Totp, new { currentPassword = anna.Password })).Body();
        Assert.StartsWith("otpauth://totp/Strict%20%26%20Co:", begun.Text("uri"), StringComparison.Ordinal);
    }
}
