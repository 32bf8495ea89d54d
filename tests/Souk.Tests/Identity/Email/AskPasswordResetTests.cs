using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Souk.Platform;

namespace Souk.Tests.Identity.Email;

public sealed class AskPasswordResetTests(MailShop shop) : IClassFixture<MailShop>
{
    [Fact]
    public async Task An_address_with_an_account_gets_a_mail_and_every_address_the_same_answer()
    {
        var (anna, nobody) = (await shop.NewVerified(), People.NewEmail());
        var known = await shop.AskReset($" {anna.Email.ToUpperInvariant()} ");
        var unknown = await shop.AskReset(nobody);

        Assert.Equal((HttpStatusCode.Accepted, HttpStatusCode.Accepted), (known.StatusCode, unknown.StatusCode));
        Assert.Equal("""{"next":"check_mail"}""", await known.Content.ReadAsStringAsync());
        Assert.Equal("""{"next":"check_mail"}""", await unknown.Content.ReadAsStringAsync());
        Assert.Equal(unknown.Headers.Select(h => h.Key).Order(), known.Headers.Select(h => h.Key).Order());
        Assert.True(known.Headers.CacheControl is { NoStore: true, Private: true });

        Assert.Contains("set a new password", (await shop.MailTo(anna.Email)).Subject, StringComparison.Ordinal);
        await shop.MailsStay(nobody, 0);
    }

    [Fact]
    public async Task The_mail_is_in_the_language_of_the_account()
    {
        var anna = await shop.NewVerified(locale: "de-AT");
        await shop.AskReset(anna.Email);
        var mail = await shop.MailTo(anna.Email);
        Assert.Contains("Setzen Sie ein neues Passwort", mail.Subject, StringComparison.Ordinal);
        Assert.Contains("lang=\"de\"", mail.HtmlBody, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_gets_at_most_three_in_an_hour_also_when_all_are_asked_for_at_once()
    {
        var anna = await shop.NewVerified();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => shop.AskReset(anna.Email)));
        await shop.MailsStay(anna.Email, 1 + 3);
        await shop.Register(new { email = anna.Email, password = People.Password });
        await shop.MailsStay(anna.Email, 1 + 3);

        shop.Clock.Advance(TimeSpan.FromHours(1));
        await shop.AskReset(anna.Email);
        await shop.MailsStay(anna.Email, 1 + 4);
    }

    [Fact]
    public async Task A_person_who_was_erased_gets_no_mail()
    {
        var anna = await shop.NewVerified();
        await shop.App.Services.GetRequiredService<PersonalData>().EraseAsync(MailShop.IdOf(anna));
        Assert.Equal(HttpStatusCode.Accepted, (await shop.AskReset(anna.Email)).StatusCode);
        await shop.MailsStay(anna.Email, 1);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nobody")]
    [InlineData("a b@example.com")]
    public async Task What_can_be_no_address_is_refused_by_its_form(string email) =>
        await (await shop.AskReset(email)).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
}

/// <summary>A shop that was told no way to send mails.</summary>
public sealed class MailOffTests(TestShop shop) : IClassFixture<TestShop>
{
    [Fact]
    public async Task What_needs_a_mail_is_refused_and_all_else_works()
    {
        var anna = await shop.NewPerson();
        foreach (var email in new[] { anna.Email, People.NewEmail() })
            await (await shop.Http.PostAsJsonAsync("/v1/password-resets", new { email })).Problem(HttpStatusCode.Conflict, "mail_off");
        await (await MailShop.AskChange(anna, People.NewEmail())).Problem(HttpStatusCode.Conflict, "mail_off");
        var changed = await anna.Http.PutAsJsonAsync("/v1/me/password", new { currentPassword = People.Password, newPassword = "a new and longer password" });
        Assert.Equal(HttpStatusCode.NoContent, changed.StatusCode);
        await using var jobs = shop.Db.CreateCommand("SELECT count(*) FROM platform.jobs WHERE type LIKE 'identity.%'");
        Assert.Equal(0L, await jobs.ExecuteScalarAsync());
    }
}
