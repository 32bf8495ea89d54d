using System.Net;

namespace Souk.Tests.Identity.Accounts;

public sealed class ReadMeTests(TestShop shop) : IClassFixture<TestShop>
{
    [Fact]
    public async Task Shows_the_signed_in_user_and_answers_304_to_a_version_that_is_known()
    {
        var anna = await shop.NewPerson();
        var answer = await anna.Http.GetAsync("/v1/me");

        Assert.Equal((HttpStatusCode.OK, "\"1\""), (answer.StatusCode, answer.Headers.ETag?.Tag));
        Assert.Equal((anna.Id, anna.Email), ((await answer.Body()).Text("id"), (await answer.Body()).Text("email")));
        Assert.True(answer.Headers.CacheControl is { NoStore: true, Private: true });

        var request = new HttpRequestMessage(HttpMethod.Get, "/v1/me");
        request.Headers.IfNoneMatch.Add(answer.Headers.ETag!);
        Assert.Equal(HttpStatusCode.NotModified, (await anna.Http.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task A_visitor_is_told_to_sign_in()
    {
        var answer = await shop.Http.GetAsync("/v1/me");
        await answer.Problem(HttpStatusCode.Unauthorized, "not_signed_in");
        Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.Single().Scheme);
    }

    [Fact]
    public async Task An_erased_person_is_not_found_and_breaks_nothing()
    {
        var anna = await shop.NewPerson();
        Assert.True(Souk.Platform.Ids.Id<Souk.Contracts.AccountKind>.TryRead(anna.Id, out var id));
        var people = (Souk.Platform.PersonalData)shop.App.Services.GetService(typeof(Souk.Platform.PersonalData))!;
        await people.EraseAsync(id.Value);

        await (await anna.Http.GetAsync("/v1/me")).Problem(HttpStatusCode.NotFound, "user_not_found");
        await (await anna.Http.PatchMe(1, """{"name":"Anna"}""")).Problem(HttpStatusCode.NotFound, "user_not_found");
        await (await anna.Http.PatchMe(1, """{"locale":"de"}""")).Problem(HttpStatusCode.NotFound, "user_not_found");
        await (await shop.SignIn(anna.Email)).Problem(HttpStatusCode.Unauthorized, "credentials_wrong");
        await (await shop.Refresh(anna.RefreshToken)).Problem(HttpStatusCode.Unauthorized, "refresh_token_invalid");

        var staff = await shop.NewStaff();
        var shown = await (await staff.Http.GetAsync($"/v1/admin/users/{anna.Id}")).Body();
        Assert.False(shown.TryGetProperty("email", out _));
        Assert.Equal(HttpStatusCode.OK, (await staff.Http.GetAsync("/v1/admin/users?limit=100")).StatusCode);
    }
}
