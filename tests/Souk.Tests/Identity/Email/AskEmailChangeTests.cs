using System.Net;
using Souk.Identity.Email;

namespace Souk.Tests.Identity.Email;

public sealed class AskEmailChangeTests(MailShop shop) : IClassFixture<MailShop>
{
    [Fact]
    public async Task Both_addresses_are_told_and_nothing_changes_yet()
    {
        var (anna, next) = (await shop.NewVerified(), People.NewEmail());
        var answer = await MailShop.AskChange(anna, next);

        Assert.Equal((HttpStatusCode.Accepted, """{"next":"check_mail"}"""), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
        Assert.Contains("confirm your new e-mail address", (await shop.MailTo(next)).Subject, StringComparison.Ordinal);
        var told = await shop.MailTo(anna.Email);
        Assert.Contains("is to be changed", told.Subject, StringComparison.Ordinal);
        Assert.DoesNotContain(next, told.TextBody, StringComparison.Ordinal);
        Assert.Equal(anna.Email, (await (await anna.Http.GetAsync("/v1/me")).Body()).Text("email"));
    }

    [Fact]
    public async Task A_taken_address_gets_the_same_answer_its_owner_a_mail_and_whoever_asked_the_same_mail()
    {
        var (anna, berta) = (await shop.NewVerified(), await shop.NewVerified());
        var taken = await MailShop.AskChange(anna, berta.Email.ToUpperInvariant());

        Assert.Equal((HttpStatusCode.Accepted, """{"next":"check_mail"}"""), (taken.StatusCode, await taken.Content.ReadAsStringAsync()));
        var told = await shop.MailTo(berta.Email);
        Assert.Contains("you have an account with this address", told.Subject, StringComparison.Ordinal);
        Assert.DoesNotMatch("#[a-z_]+=", told.TextBody);
        Assert.Contains("is to be changed", (await shop.MailTo(anna.Email)).Subject, StringComparison.Ordinal);
        await shop.MailsStay(berta.Email, 2);
    }

    /// <summary>Else asking for an address would tell whether it is taken, by whether an older token still serves.</summary>
    [Fact]
    public async Task The_latest_token_alone_serves_also_when_the_latest_address_is_taken()
    {
        var (anna, berta) = (await shop.NewVerified(), await shop.NewVerified());
        var first = await shop.ChangeToken(anna, People.NewEmail());
        var second = await shop.ChangeToken(anna, People.NewEmail());
        await (await shop.ConfirmChange(first)).Problem(HttpStatusCode.Unauthorized, "mail_token_invalid");
        await MailShop.AskChange(anna, berta.Email);
        await shop.JobsAreDone();
        await (await shop.ConfirmChange(second)).Problem(HttpStatusCode.Unauthorized, "mail_token_invalid");
    }

    [Fact]
    public async Task The_password_is_needed()
    {
        var anna = await shop.NewVerified();
        await (await MailShop.AskChange(anna, People.NewEmail(), "not my password")).Problem(HttpStatusCode.Forbidden, "password_wrong");
        var problem = await (await MailShop.AskChange(anna, "no address", "")).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        Assert.Equal(["/currentPassword", "/newEmail"], problem.GetProperty("errors").EnumerateObject().Select(e => e.Name).Order(StringComparer.Ordinal));
        await shop.MailsStay(anna.Email, 1);
    }

    [Fact]
    public async Task Nobody_floods_a_mailbox_with_requests()
    {
        var (anna, berta, stranger) = (await shop.NewVerified(), await shop.NewVerified(), People.NewEmail());
        for (var i = 0; i < AnswerEmailChange.AskedMax + 2; i++)
        {
            Assert.Equal(HttpStatusCode.Accepted, (await MailShop.AskChange(anna, stranger)).StatusCode);
            // One that is asked for at once withdraws the one before, perhaps before its mail is sent.
            await shop.JobsAreDone();
        }
        await shop.MailsStay(anna.Email, 1 + AnswerEmailChange.AskedMax);
        await shop.MailsStay(stranger, AnswerEmailChange.ToAddressMax);
        await MailShop.AskChange(berta, stranger);
        await shop.MailsStay(stranger, AnswerEmailChange.ToAddressMax);
        Assert.Equal(2, shop.Sink.To(berta.Email).Count);
    }
}
