using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Souk.Identity.Accounts;
using Souk.Identity.Email;
using Souk.Platform;
using Souk.Platform.Jobs;

namespace Souk.Tests.Identity.Email;

public sealed class QuietRegistrationTests(MailShop shop) : IClassFixture<MailShop>
{
    [Fact]
    public async Task A_taken_address_gets_the_same_answer_and_its_owner_a_mail()
    {
        var anna = await shop.NewVerified();
        var taken = await shop.Register(new { email = anna.Email.ToUpperInvariant(), password = "another password", name = "Eve" });
        var free = await shop.Register(new { email = People.NewEmail(), password = "another password", name = "Eve" });

        Assert.Equal((HttpStatusCode.Accepted, HttpStatusCode.Accepted), (taken.StatusCode, free.StatusCode));
        Assert.Equal(await free.Content.ReadAsStringAsync(), await taken.Content.ReadAsStringAsync());
        Assert.Equal(free.Headers.Select(h => h.Key).Order(), taken.Headers.Select(h => h.Key).Order());

        var told = await shop.MailTo(anna.Email);
        Assert.Contains("you have an account already", told.Subject, StringComparison.Ordinal);
        await (await shop.SignIn(anna.Email, "another password")).Problem(HttpStatusCode.Unauthorized, "credentials_wrong");
        Assert.Equal(HttpStatusCode.Created, (await shop.SignIn(anna.Email)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await shop.Reset(MailShop.TokenIn(told), "yet another password")).StatusCode);
    }

    /// <summary>Told apart, the two would say whether the address had an account before.</summary>
    [Fact]
    public async Task Signing_in_with_what_was_registered_tells_nothing_until_the_address_is_verified()
    {
        var (anna, free) = (await shop.NewVerified(), People.NewEmail());
        foreach (var email in new[] { anna.Email, free }) await shop.Register(new { email, password = "another password" });
        await shop.JobsAreDone();

        var taken = await (await shop.SignIn(anna.Email, "another password")).Problem(HttpStatusCode.Unauthorized, "credentials_wrong");
        var made = await (await shop.SignIn(free, "another password")).Problem(HttpStatusCode.Unauthorized, "credentials_wrong");
        Assert.Equal(taken.Text("detail"), made.Text("detail"));
    }

    [Fact]
    public async Task Of_many_registrations_at_once_one_makes_the_account_and_all_get_the_same_answer()
    {
        var email = People.NewEmail();
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => shop.Register(new { email, password = People.Password })));
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode));
        await shop.JobsAreDone();

        Assert.Single(shop.Sink.To(email), mail => mail.Subject!.Contains("confirm", StringComparison.Ordinal));
        Assert.Equal(3, shop.Sink.To(email).Count(mail => mail.Subject!.Contains("already", StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.NoContent, (await shop.Verify(MailShop.TokenIn(await shop.MailTo(email, "confirm")))).StatusCode);
        Assert.Equal(HttpStatusCode.Created, (await shop.SignIn(email)).StatusCode);
    }

    [Fact]
    public async Task Whoever_lost_the_mail_registers_again_and_gets_one_that_sets_a_password()
    {
        var email = People.NewEmail();
        await shop.Register(new { email, password = "first password" });
        await shop.MailTo(email);
        await shop.Register(new { email, password = "second password" });

        Assert.Equal(HttpStatusCode.NoContent, (await shop.Reset(MailShop.TokenIn(await shop.MailTo(email)), "third password")).StatusCode);

        var user = (await (await shop.SignIn(email, "third password")).Body()).GetProperty("user");
        Assert.True(user.GetProperty("emailVerified").GetBoolean());
    }

    /// <summary>A key made for nobody would stay in the key store for ever.</summary>
    [Fact]
    public async Task What_a_registration_of_a_taken_address_encrypted_is_erased()
    {
        var anna = await shop.NewVerified();
        var people = shop.App.Services.GetRequiredService<PersonalData>();
        var nobody = Guid.CreateVersion7();
        await people.ProtectAsync(nobody, Account.EmailColumn, anna.Email);
        await using (var connection = await shop.Db.OpenConnectionAsync())
            await connection.EnqueueJobAsync(AnswerRegistration.JobType, new AnswerRegistration.Job(nobody, EmailAddress.Indexes(people, anna.Email)), shop.Clock.GetUtcNow(), default);
        await shop.MailTo(anna.Email, "already");
        await shop.JobsAreDone();
        await Assert.ThrowsAsync<PersonErasedException>(async () => await people.ProtectAsync(nobody, Account.EmailColumn, anna.Email));
    }

    [Theory]
    [InlineData("eve@example.com\r\nBcc: all@example.com", "Eve")]
    [InlineData("eve\n@example.com", "Eve")]
    [InlineData("eve@example.com", "Eve\r\nBcc: all@example.com")]
    public async Task No_line_gets_into_a_header(string email, string name) =>
        await (await shop.Register(new { email, password = People.Password, name })).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");

    /// <summary>A name is free text: who registers a stranger's address must not make the shop send it there.</summary>
    [Fact]
    public async Task A_mail_shows_nothing_that_a_stranger_typed_and_is_addressed_to_the_address_alone()
    {
        var email = People.NewEmail();
        await shop.Register(new { email, password = People.Password, name = "<b>You won</b> https://evil.example" });
        var mail = await shop.MailTo(email);

        var raw = new MemoryStream();
        await mail.WriteToAsync(raw);
        var text = System.Text.Encoding.UTF8.GetString(raw.ToArray()) + mail.TextBody + mail.HtmlBody;
        Assert.DoesNotContain("You won", text, StringComparison.Ordinal);
        Assert.DoesNotContain("evil.example", text, StringComparison.Ordinal);
        Assert.Equal((email, "", ""), (mail.To.ToString(), mail.Cc.ToString(), mail.Bcc.ToString()));
        Assert.Equal((MailShop.Name, "shop@souk.example"), (mail.From.Mailboxes.Single().Name, mail.From.Mailboxes.Single().Address));
        Assert.Contains("Kiosk &lt;&amp; S", mail.HtmlBody, StringComparison.Ordinal);
        Assert.Contains($"{MailShop.Page.Replace("&", "&amp;", StringComparison.Ordinal)}#verify_email={MailShop.TokenIn(mail)}\"", mail.HtmlBody, StringComparison.Ordinal);
        Assert.Contains(MailShop.Name, mail.TextBody, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a,b{0}@example.com")]
    [InlineData("a<{0}@example.com")]
    [InlineData("(a){0}@example.com")]
    public async Task An_address_that_no_mailbox_can_have_is_answered_like_any_other_and_gets_no_mail(string form)
    {
        var email = string.Format(System.Globalization.CultureInfo.InvariantCulture, form, $"{Guid.NewGuid():n}");
        Assert.Equal(HttpStatusCode.Accepted, (await shop.Register(new { email, password = People.Password })).StatusCode);
        await shop.JobsAreDone();
        Assert.Equal(0, await shop.ScalarAsync<long>("SELECT count(*) FROM platform.dead_jobs"));
        Assert.DoesNotContain(email, shop.Log.Text, StringComparison.Ordinal);
    }
}
