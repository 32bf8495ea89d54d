using System.Net;
using System.Net.Http.Json;

namespace Souk.Tests.Identity.Email;

public sealed class ResetPasswordTests(MailShop shop) : IClassFixture<MailShop>
{
    const string New = "a new and longer password";

    [Fact]
    public async Task The_new_password_counts_every_session_ends_and_the_owner_is_told()
    {
        var anna = await shop.NewVerified();
        var token = await shop.ResetToken(anna.Email);

        Assert.Equal(HttpStatusCode.NoContent, (await shop.Reset(token, New)).StatusCode);

        await (await anna.Http.GetAsync("/v1/me")).Problem(HttpStatusCode.Unauthorized, "access_token_invalid");
        await (await shop.Refresh(anna.RefreshToken)).Problem(HttpStatusCode.Unauthorized, "refresh_token_invalid");
        await (await shop.SignIn(anna.Email)).Problem(HttpStatusCode.Unauthorized, "credentials_wrong");
        Assert.Equal(HttpStatusCode.Created, (await shop.SignIn(anna.Email, New)).StatusCode);
        Assert.DoesNotMatch("#[a-z_]+=", (await shop.MailTo(anna.Email, "your password was changed")).TextBody);
    }

    [Fact]
    public async Task A_token_serves_once()
    {
        var anna = await shop.NewVerified();
        var token = await shop.ResetToken(anna.Email);
        Assert.Equal(HttpStatusCode.NoContent, (await shop.Reset(token, New)).StatusCode);
        await (await shop.Reset(token, "the thief's password")).Problem(HttpStatusCode.Unauthorized, "mail_token_invalid");
        Assert.Equal(HttpStatusCode.Created, (await shop.SignIn(anna.Email, New)).StatusCode);
    }

    [Fact]
    public async Task Of_many_at_once_one_sets_its_password()
    {
        var anna = await shop.NewVerified();
        var token = await shop.ResetToken(anna.Email);
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(async i => (Password: $"{New} {i}", Answer: await shop.Reset(token, $"{New} {i}"))));

        var won = Assert.Single(answers, a => a.Answer.StatusCode == HttpStatusCode.NoContent);
        foreach (var (_, lost) in answers.Where(a => a != won)) await lost.Problem(HttpStatusCode.Unauthorized, "mail_token_invalid");
        Assert.Equal(HttpStatusCode.Created, (await shop.SignIn(anna.Email, won.Password)).StatusCode);
    }

    [Fact]
    public async Task Every_other_token_that_sets_a_password_or_changes_the_address_serves_no_more()
    {
        var anna = await shop.NewVerified();
        var (first, second, change) = (await shop.ResetToken(anna.Email), await shop.ResetToken(anna.Email), await shop.ChangeToken(anna, People.NewEmail()));
        Assert.Equal(HttpStatusCode.NoContent, (await shop.Reset(first, New)).StatusCode);
        await (await shop.Reset(second, New)).Problem(HttpStatusCode.Unauthorized, "mail_token_invalid");
        await (await shop.ConfirmChange(change)).Problem(HttpStatusCode.Unauthorized, "mail_token_invalid");
    }

    [Fact]
    public async Task A_change_of_password_ends_them_too_and_is_told()
    {
        var anna = await shop.NewVerified();
        var (reset, change) = (await shop.ResetToken(anna.Email), await shop.ChangeToken(anna, People.NewEmail()));
        var changed = await anna.Http.PutAsJsonAsync("/v1/me/password", new { currentPassword = People.Password, newPassword = New });
        Assert.Equal(HttpStatusCode.NoContent, changed.StatusCode);
        await (await shop.Reset(reset, "the thief's password")).Problem(HttpStatusCode.Unauthorized, "mail_token_invalid");
        await (await shop.ConfirmChange(change)).Problem(HttpStatusCode.Unauthorized, "mail_token_invalid");
        await shop.MailTo(anna.Email, "your password was changed");
    }

    [Fact]
    public async Task A_token_serves_for_an_hour()
    {
        var anna = await shop.NewVerified();
        var token = await shop.ResetToken(anna.Email);
        shop.Clock.Advance(TimeSpan.FromHours(1));
        await (await shop.Reset(token, New)).Problem(HttpStatusCode.Unauthorized, "mail_token_invalid");
        Assert.Equal(HttpStatusCode.Created, (await shop.SignIn(anna.Email)).StatusCode);
    }

    [Fact]
    public async Task A_weak_password_is_refused_and_the_token_still_serves()
    {
        var anna = await shop.NewVerified();
        var token = await shop.ResetToken(anna.Email);
        var problem = await (await shop.Reset(token, "short")).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        Assert.True(problem.GetProperty("errors").TryGetProperty("/newPassword", out _));
        Assert.Equal(HttpStatusCode.NoContent, (await shop.Reset(token, New)).StatusCode);
    }

    [Fact]
    public async Task A_token_for_something_else_is_refused()
    {
        var email = People.NewEmail();
        await shop.Register(new { email, password = People.Password });
        var token = MailShop.TokenIn(await shop.MailTo(email));
        await (await shop.Reset(token, New)).Problem(HttpStatusCode.Unauthorized, "mail_token_invalid");
        await (await shop.ConfirmChange(token)).Problem(HttpStatusCode.Unauthorized, "mail_token_invalid");
        Assert.Equal(HttpStatusCode.NoContent, (await shop.Verify(token)).StatusCode);
    }
}
