using System.Net;
using Souk.Tests.Platform.SecurityLog;

namespace Souk.Tests.Identity.Email;

/// <summary>What mails made true stands in the security log; what they were only asked for does not.</summary>
public sealed class LoggedMailsTests(MailShop shop) : IClassFixture<MailShop>
{
    [Fact]
    public async Task A_registration_is_noted_once_and_not_that_somebody_tried_the_address_again()
    {
        var anna = await shop.NewVerified();
        Assert.Equal(HttpStatusCode.Accepted, (await shop.Register(new { email = anna.Email, password = "another long phrase" })).StatusCode);
        Assert.Equal(["registered done account", "sign_in done account"], (await shop.LoggedOfAsync(anna)).Select(e => e.InWords()));
    }

    [Fact]
    public async Task A_password_that_is_set_by_a_mail_is_noted_once()
    {
        var anna = await shop.NewVerified();
        var (token, before) = (await shop.ResetToken(anna.Email), (await shop.LoggedOfAsync(anna)).Count);
        for (var times = 0; times < 2; times++) (await shop.Reset(token, "another long phrase")).Dispose();
        Assert.Equal(["password_reset done account"], (await shop.LoggedOfAsync(anna)).Skip(before).Select(e => e.InWords()));
    }

    [Fact]
    public async Task A_new_address_is_noted_once_when_it_is_confirmed_and_not_which()
    {
        var (anna, email) = (await shop.NewVerified(), People.NewEmail());
        var before = (await shop.LoggedOfAsync(anna)).Count;
        var token = await shop.ChangeToken(anna, email);
        Assert.Equal(before, (await shop.LoggedOfAsync(anna)).Count);
        for (var times = 0; times < 2; times++) Assert.Equal(HttpStatusCode.NoContent, (await shop.ConfirmChange(token)).StatusCode);
        var entry = Assert.Single((await shop.LoggedOfAsync(anna)).Skip(before));
        Assert.Equal(("email_changed done account", "{}"), (entry.InWords(), entry.Details));
    }
}
