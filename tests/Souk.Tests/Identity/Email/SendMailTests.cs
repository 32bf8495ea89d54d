using System.Net;
using SmtpServer.Protocol;

namespace Souk.Tests.Identity.Email;

public sealed class SendMailTests(MailShop shop) : IClassFixture<MailShop>
{
    static SmtpResponse No(int code, string address) => new((SmtpReplyCode)code, $"<{address}> is not possible");

    [Fact]
    public async Task A_server_that_says_not_now_gets_the_mail_later_and_once()
    {
        var email = People.NewEmail();
        shop.Sink.Refuses = to => to == email && shop.Sink.Asked[email] <= 2 ? No(451, email) : null;
        await shop.Register(new { email, password = People.Password });

        await shop.MailTo(email);
        await shop.MailsStay(email, 1);
        Assert.Equal(3, shop.Sink.Asked[email]);
        Assert.Contains("said 451", shop.Log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(email, shop.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_recipient_whom_the_server_refuses_for_good_is_not_tried_again()
    {
        var email = People.NewEmail();
        shop.Sink.Refuses = to => to == email ? No(550, email) : null;
        await shop.Register(new { email, password = People.Password });
        await Answers.Eventually(() => Task.FromResult(shop.Sink.Asked.ContainsKey(email)), "the server is asked");

        await shop.MailsStay(email, 0);
        Assert.Equal((1, 0L), (shop.Sink.Asked[email], await shop.ScalarAsync<long>("SELECT count(*) FROM platform.dead_jobs")));
        Assert.Contains("refused for good", shop.Log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(email, shop.Log.Text, StringComparison.Ordinal);
    }

    /// <summary>What a mail is about may be over before it can be sent.</summary>
    [Fact]
    public async Task A_mail_whose_token_would_not_serve_any_more_is_not_sent()
    {
        var anna = await shop.NewVerified();
        var isAway = true;
        shop.Sink.Refuses = to => to == anna.Email && isAway ? No(421, to) : null;
        await shop.AskReset(anna.Email);
        await Answers.Eventually(() => Task.FromResult(shop.Sink.Asked.GetValueOrDefault(anna.Email) >= 2), "the mail is tried");
        shop.Clock.Advance(TimeSpan.FromHours(1));
        isAway = false;
        await shop.MailsStay(anna.Email, 1);
    }

    [Fact]
    public async Task Addresses_and_domains_beyond_ascii_get_their_mails()
    {
        var email = $"ü{Guid.NewGuid():n}@kiosk-söhne.example";
        await shop.Register(new { email, password = People.Password });
        await shop.JobsAreDone();
        Assert.Equal(0, await shop.ScalarAsync<long>("SELECT count(*) FROM platform.dead_jobs"));
        Assert.Single(shop.Sink.Asked.Keys, to => to.StartsWith(email.Split('@')[0], StringComparison.Ordinal));
    }

    [Fact]
    public async Task Neither_jobs_nor_tables_nor_logs_hold_an_address_or_a_token()
    {
        var (email, next) = ($"planted.person.{Guid.NewGuid():n}@example.com", $"planted.next.{Guid.NewGuid():n}@example.com");
        await shop.Register(new { email, password = People.Password, name = "Plantagenet" });
        var verify = MailShop.TokenIn(await shop.MailTo(email));
        await shop.Verify(verify);
        var anna = await shop.SignedIn(email);
        var (reset, change) = (await shop.ResetToken(email), await shop.ChangeToken(anna, next));
        // Failures stay in the tables: a dead letter, and a job that waits for its next try.
        shop.Sink.Refuses = to => to == email ? No(451, to) : null;
        await shop.AskReset(email);
        await Answers.Eventually(async () => await shop.ScalarAsync<long>("SELECT count(*) FROM platform.jobs WHERE type = 'identity.send-mail' AND last_error IS NOT NULL") > 0, "a mail waits");

        var dump = await shop.DumpAsync("platform", "identity") + shop.Log.Text;
        Assert.Contains("MailDelayedException", dump, StringComparison.Ordinal);
        foreach (var planted in new[] { "planted.person", "planted.next", "Plantagenet", verify, reset, change, People.Password })
        {
            Assert.DoesNotContain(planted, dump, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(planted)), dump, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(planted)).TrimEnd('=')[..^1], dump, StringComparison.Ordinal);
        }
        // The secret half of a token, as bytes.
        foreach (var token in new[] { verify, reset, change })
            Assert.DoesNotContain(Convert.ToHexString(System.Buffers.Text.Base64Url.DecodeFromChars(token)[32..]), dump, StringComparison.OrdinalIgnoreCase);

        shop.Sink.Refuses = static _ => null;
        await shop.JobsAreDone();
    }
}

public sealed class SmtpAwayTests(MailShop shop) : IClassFixture<MailShop>
{
    [Fact]
    public async Task What_was_to_be_sent_while_the_server_was_away_is_sent_when_it_is_back()
    {
        var email = People.NewEmail();
        await shop.Sink.StopAsync();
        Assert.Equal(HttpStatusCode.Accepted, (await shop.Register(new { email, password = People.Password })).StatusCode);
        await Answers.Eventually(async () => await shop.ScalarAsync<long>("SELECT count(*) FROM platform.jobs WHERE last_error = 'MailDelayedException'") == 1, "the mail failed and waits");
        await shop.Sink.StartAsync();
        Assert.Equal(HttpStatusCode.NoContent, (await shop.Verify(MailShop.TokenIn(await shop.MailTo(email)))).StatusCode);
        await shop.MailsStay(email, 1);
        Assert.Contains("cannot be reached", shop.Log.Text, StringComparison.Ordinal);
    }
}
