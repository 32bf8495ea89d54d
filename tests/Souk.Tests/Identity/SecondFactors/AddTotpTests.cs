using System.Net;
using System.Net.Http.Json;

namespace Souk.Tests.Identity.SecondFactors;

public sealed class AddTotpTests(TestShop shop) : IClassFixture<TestShop>
{
    static Task<HttpResponseMessage> Begin(Person person, string? currentPassword) => person.Http.PostAsJsonAsync(Authenticators.Totp, new { currentPassword });

    [Fact]
    public async Task Answers_a_secret_that_guards_nothing_yet()
    {
        var anna = await shop.NewPerson();
        var answer = await Begin(anna, anna.Password);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.True(answer.Headers.CacheControl!.NoStore);
        var body = await answer.Body();
        Assert.Matches("^[A-Z2-7]{32}$", body.Text("secret"));
        Assert.Equal($"otpauth://totp/Souk:{Uri.EscapeDataString(anna.Email)}?secret={body.Text("secret")}&issuer=Souk&algorithm=SHA1&digits=6&period=30", body.Text("uri"));

        Assert.False((await anna.SecondFactors()).TryGetProperty("totp", out _));
        Assert.Equal(HttpStatusCode.Created, (await shop.SignIn(anna.Email)).StatusCode);
    }

    [Fact]
    public async Task Beginning_again_makes_another_secret_and_the_first_confirms_nothing()
    {
        var anna = await shop.NewPerson();
        var (first, second) = (await anna.BeginTotp(), await anna.BeginTotp());
        Assert.NotEqual(first, second);
        await (await anna.Http.PostAsJsonAsync(Authenticators.Confirmation, new { code = shop.CodeOf(first) })).Problem(HttpStatusCode.Forbidden, "code_wrong");
        Assert.Equal(HttpStatusCode.OK, (await anna.Http.PostAsJsonAsync(Authenticators.Confirmation, new { code = shop.CodeOf(second) })).StatusCode);
    }

    [Fact]
    public async Task Needs_the_password_and_that_there_is_none()
    {
        var anna = await shop.NewPerson();
        await (await Begin(anna, "not my password")).Problem(HttpStatusCode.Forbidden, "password_wrong");
        await (await Begin(anna, null)).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        await shop.Guard(anna);
        await (await Begin(anna, anna.Password)).Problem(HttpStatusCode.Conflict, "second_factor_active");
    }
}
