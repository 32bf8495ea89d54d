using System.Net;

namespace Souk.Tests.Identity.Email;

public sealed class VerifyEmailTests(MailShop shop) : IClassFixture<MailShop>
{
    async Task<(string Email, string Token)> Registered()
    {
        var email = People.NewEmail();
        var answer = await shop.Register(new { email, password = People.Password });
        Assert.Equal((HttpStatusCode.Accepted, "verify_email"), (answer.StatusCode, (await answer.Body()).Text("next")));
        Assert.True(answer.Headers.CacheControl!.NoStore);
        return (email, MailShop.TokenIn(await shop.MailTo(email)));
    }

    [Fact]
    public async Task Whoever_registered_can_sign_in_once_the_address_is_verified()
    {
        var (email, token) = await Registered();
        await (await shop.SignIn(email)).Problem(HttpStatusCode.Unauthorized, "credentials_wrong");

        Assert.Equal(HttpStatusCode.NoContent, (await shop.Verify(token)).StatusCode);

        var user = (await (await shop.SignIn(email)).Body()).GetProperty("user");
        Assert.Equal((true, 2), (user.GetProperty("emailVerified").GetBoolean(), user.GetProperty("version").GetInt32()));
    }

    [Fact]
    public async Task A_token_that_is_sent_again_gets_the_same_answer_and_does_nothing_more()
    {
        var (email, token) = await Registered();
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => shop.Verify(token)));
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode));
        Assert.Equal(HttpStatusCode.NoContent, (await shop.Verify(token)).StatusCode);
        Assert.Equal(2, (await (await shop.SignIn(email)).Body()).GetProperty("user").GetProperty("version").GetInt32());
    }

    [Fact]
    public async Task A_token_that_was_altered_made_up_or_is_for_something_else_is_refused()
    {
        var (email, token) = await Registered();
        foreach (var wrong in new[] { token[..^1] + (token[^1] == 'A' ? 'B' : 'A'), (token[0] == 'A' ? 'B' : 'A') + token[1..], token[..43] + token[..43], token + "A", token[..^1], "x",
            new string('A', 86), await shop.ResetToken(email) })
            await (await shop.Verify(wrong)).Problem(HttpStatusCode.Unauthorized, "mail_token_invalid");
        await (await shop.Verify(null)).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        await (await shop.SignIn(email)).Problem(HttpStatusCode.Unauthorized, "credentials_wrong");
    }

    [Fact]
    public async Task A_token_serves_for_a_day()
    {
        var (email, token) = await Registered();
        shop.Clock.Advance(TimeSpan.FromHours(24));
        await (await shop.Verify(token)).Problem(HttpStatusCode.Unauthorized, "mail_token_invalid");
        await (await shop.SignIn(email)).Problem(HttpStatusCode.Unauthorized, "credentials_wrong");
    }
}
