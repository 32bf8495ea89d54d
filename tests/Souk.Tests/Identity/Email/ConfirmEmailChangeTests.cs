using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Souk.Platform;

namespace Souk.Tests.Identity.Email;

public sealed class ConfirmEmailChangeTests(MailShop shop) : IClassFixture<MailShop>
{
    [Fact]
    public async Task The_account_has_the_new_address_and_the_old_one_is_told_and_free()
    {
        var (anna, next) = (await shop.NewVerified(), People.NewEmail());
        Assert.Equal(HttpStatusCode.Accepted, (await MailShop.AskChange(anna, $" {next} ")).StatusCode);

        Assert.Equal(HttpStatusCode.NoContent, (await shop.ConfirmChange(MailShop.TokenIn(await shop.MailTo(next)))).StatusCode);

        var me = await (await anna.Http.GetAsync("/v1/me")).Body();
        Assert.Equal((next, true, 3), (me.Text("email"), me.GetProperty("emailVerified").GetBoolean(), me.GetProperty("version").GetInt32()));
        Assert.Equal(HttpStatusCode.Created, (await shop.SignIn(next)).StatusCode);
        await (await shop.SignIn(anna.Email)).Problem(HttpStatusCode.Unauthorized, "credentials_wrong");
        var told = await shop.MailTo(anna.Email, "was changed");
        Assert.Matches(@"since \d{4}-\d\d-\d\d at \d\d:\d\d UTC", told.TextBody);

        await shop.JobsAreDone();
        var mails = shop.Sink.To(anna.Email).Count;
        await shop.Register(new { email = anna.Email, password = People.Password });
        await shop.MailsStay(anna.Email, mails + 1);
        Assert.Equal(HttpStatusCode.NoContent, (await shop.Verify(MailShop.TokenIn(shop.Sink.To(anna.Email)[^1]))).StatusCode);
    }

    [Fact]
    public async Task Sent_again_or_several_times_at_once_it_gets_the_same_answer_and_changes_once()
    {
        var (anna, next) = (await shop.NewVerified(), People.NewEmail());
        var token = await shop.ChangeToken(anna, next);
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => shop.ConfirmChange(token)));
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode));
        Assert.Equal(HttpStatusCode.NoContent, (await shop.ConfirmChange(token)).StatusCode);
        Assert.Equal(3, (await (await anna.Http.GetAsync("/v1/me")).Body()).GetProperty("version").GetInt32());
        await shop.MailsStay(anna.Email, 1 + 2);
    }

    [Fact]
    public async Task Of_two_accounts_that_want_one_address_one_gets_it()
    {
        var (anna, berta, next) = (await shop.NewVerified(), await shop.NewVerified(), People.NewEmail());
        var tokens = new[] { await shop.ChangeToken(anna, next), await shop.ChangeToken(berta, next) };
        var answers = await Task.WhenAll(tokens.Select(shop.ConfirmChange));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.NoContent);
        await answers.Single(answer => answer.StatusCode != HttpStatusCode.NoContent).Problem(HttpStatusCode.Conflict, "email_taken");
        Assert.Equal(HttpStatusCode.Created, (await shop.SignIn(next)).StatusCode);
    }

    [Fact]
    public async Task An_address_that_got_an_account_meanwhile_stays_with_it()
    {
        var (anna, next) = (await shop.NewVerified(), People.NewEmail());
        var token = await shop.ChangeToken(anna, next);
        await shop.Register(new { email = next, password = "another password" });
        await (await shop.ConfirmChange(token)).Problem(HttpStatusCode.Conflict, "email_taken");
        Assert.Equal(HttpStatusCode.Created, (await shop.SignIn(anna.Email)).StatusCode);
    }

    [Fact]
    public async Task Another_spelling_of_the_same_address_is_a_change_too()
    {
        var email = People.NewEmail();
        var anna = await shop.NewVerified(email);
        var spelt = email.ToUpperInvariant();
        Assert.Equal(HttpStatusCode.Accepted, (await MailShop.AskChange(anna, spelt)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await shop.ConfirmChange(MailShop.TokenIn(await shop.MailTo(email, "confirm your new")))).StatusCode);
        Assert.Equal(spelt, (await (await anna.Http.GetAsync("/v1/me")).Body()).Text("email"));
        Assert.Equal(HttpStatusCode.Created, (await shop.SignIn(email)).StatusCode);
    }

    [Fact]
    public async Task Tokens_that_went_to_the_old_address_serve_no_more()
    {
        var anna = await shop.NewVerified();
        var (reset, change) = (await shop.ResetToken(anna.Email), await shop.ChangeToken(anna, People.NewEmail()));
        Assert.Equal(HttpStatusCode.NoContent, (await shop.ConfirmChange(change)).StatusCode);
        await (await shop.Reset(reset, "the thief's password")).Problem(HttpStatusCode.Unauthorized, "mail_token_invalid");
    }

    [Fact]
    public async Task A_token_serves_for_a_day_and_not_for_a_person_who_was_erased()
    {
        var (anna, berta) = (await shop.NewVerified(), await shop.NewVerified());
        var erased = await shop.ChangeToken(berta, People.NewEmail());
        await shop.App.Services.GetRequiredService<PersonalData>().EraseAsync(MailShop.IdOf(berta));
        await (await shop.ConfirmChange(erased)).Problem(HttpStatusCode.Unauthorized, "mail_token_invalid");

        var late = await shop.ChangeToken(anna, People.NewEmail());
        shop.Clock.Advance(TimeSpan.FromHours(24));
        await (await shop.ConfirmChange(late)).Problem(HttpStatusCode.Unauthorized, "mail_token_invalid");
        await (await shop.ConfirmChange("")).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
    }
}
