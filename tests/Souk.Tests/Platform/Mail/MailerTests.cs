using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MimeKit;
using SmtpServer.Protocol;
using Souk.Platform.Mail;

namespace Souk.Tests.Platform.Mail;

public sealed class MailerTests
{
    static Message MessageTo(string to, string subject = "Hello") => new(Guid.CreateVersion7(), to, "en", subject,
        [new("Grüße & Küsse"), new("Open", Link: "https://shop.example/?a=1&b=2#t=x"), new("Code:", Code: "<x>")]);

    static Mailer MailerTo(SmtpSink sink, string security = "none", string? from = null) =>
        new(new() { Host = "127.0.0.1", Port = sink.Port, Security = security, From = from ?? "shop@souk.example", FromName = "Kiosk" }, new TestClock());

    [Fact]
    public async Task A_mail_is_text_and_html_that_machines_know_as_sent_by_one()
    {
        await using var sink = new SmtpSink();
        await sink.StartAsync();
        var message = MessageTo("ada@example.com");
        await MailerTo(sink).SendAsync(message, CancellationToken.None);

        var mail = Assert.Single(sink.To("ada@example.com"));
        Assert.Equal(("Hello", $"{message.Id:n}@souk.example", "auto-generated"), (mail.Subject, mail.MessageId, mail.Headers["Auto-Submitted"]));
        Assert.Equal("Grüße & Küsse\n\nOpen\nhttps://shop.example/?a=1&b=2#t=x\n\nCode:\n<x>\n\n", mail.TextBody!.ReplaceLineEndings("\n"));
        Assert.Contains("<a href=\"https://shop.example/?a=1&amp;b=2#t=x\">Open</a>", mail.HtmlBody, StringComparison.Ordinal);
        Assert.Contains("Code:<br><code>&lt;x&gt;</code>", mail.HtmlBody, StringComparison.Ordinal);
    }

    /// <summary>A subject is ours; should a line break ever get into one, it makes no header.</summary>
    [Fact]
    public async Task No_subject_adds_a_header()
    {
        await using var sink = new SmtpSink();
        await sink.StartAsync();
        await MailerTo(sink).SendAsync(MessageTo("ada@example.com", "Hello\r\nBcc: all@example.com\r\n\r\nBody"), CancellationToken.None);
        var mail = Assert.Single(sink.To("ada@example.com"));
        Assert.Empty(mail.Bcc);
        Assert.DoesNotContain(mail.Headers, header => header.Field.Equals("Bcc", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("ada@example.com\r\nRCPT TO:<all@example.com>")]
    [InlineData("ada@example.com>")]
    [InlineData("ada@example.com, all@example.com")]
    [InlineData("Ada <ada@example.com>")]
    [InlineData("(comment)ada@example.com")]
    [InlineData("ada(xn--)@example.com")]
    [InlineData("ada@example.com(comment)")]
    [InlineData("ada")]
    [InlineData("")]
    public async Task What_is_not_the_address_of_one_mailbox_is_refused_for_good(string to)
    {
        await using var sink = new SmtpSink();
        await sink.StartAsync();
        var refused = await Assert.ThrowsAsync<MailRefusedException>(() => MailerTo(sink).SendAsync(MessageTo(to), CancellationToken.None));
        Assert.DoesNotContain("ada", refused.ToString(), StringComparison.Ordinal);
        Assert.Empty(sink.Asked);
    }

    [Theory]
    [InlineData("ada@xn--bcher-kva.example")]
    [InlineData("ada@bücher.example")]
    [InlineData("\"a,b\"@example.com")]
    [InlineData("ada+shop@EXAMPLE.com")]
    public async Task Every_address_that_a_mailbox_can_have_gets_its_mail(string to)
    {
        await using var sink = new SmtpSink();
        await sink.StartAsync();
        await MailerTo(sink).SendAsync(MessageTo(to), CancellationToken.None);
        Assert.Single(sink.Asked);
    }

    [Theory]
    [InlineData(450, false)]
    [InlineData(421, false)]
    [InlineData(550, true)]
    [InlineData(552, true)]
    public async Task What_the_server_says_decides_whether_it_is_for_good_and_quotes_no_address(int code, bool isForGood)
    {
        await using var sink = new SmtpSink { Refuses = to => new((SmtpReplyCode)code, $"not <{to}>") };
        await sink.StartAsync();
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => MailerTo(sink).SendAsync(MessageTo("ada@example.com"), CancellationToken.None));
        Assert.IsType(isForGood ? typeof(MailRefusedException) : typeof(MailDelayedException), failure);
        Assert.Contains($"{code}", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("ada@", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_away_or_offers_no_encryption_gets_nothing_now()
    {
        await using var sink = new SmtpSink();
        await sink.StartAsync();
        var plain = await Assert.ThrowsAsync<MailDelayedException>(() => MailerTo(sink, "starttls").SendAsync(MessageTo("ada@example.com"), CancellationToken.None));
        Assert.Contains("STARTTLS", plain.Message, StringComparison.Ordinal);
        await sink.StopAsync();
        var away = await Assert.ThrowsAsync<MailDelayedException>(() => MailerTo(sink).ProbeAsync(CancellationToken.None));
        Assert.Contains("cannot be reached", away.Message, StringComparison.Ordinal);
        Assert.Empty(sink.Asked);
    }

    [Fact]
    public async Task A_server_whose_certificate_nobody_vouches_for_gets_nothing()
    {
        using var key = RSA.Create(2048);
        using var made = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
        await using var sink = new SmtpSink { Certificate = certificate };
        await sink.StartAsync();
        var refused = await Assert.ThrowsAsync<MailDelayedException>(() => MailerTo(sink, "starttls").SendAsync(MessageTo("ada@example.com"), CancellationToken.None));
        Assert.Contains("certificate", refused.Message, StringComparison.Ordinal);
        Assert.Empty(sink.Asked);
    }

    [Fact]
    public async Task Whoever_stops_waits_for_no_server()
    {
        using var stopped = new CancellationTokenSource();
        await stopped.CancelAsync();
        await using var sink = new SmtpSink();
        await sink.StartAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => MailerTo(sink).SendAsync(MessageTo("ada@example.com"), stopped.Token));
    }

    [Fact]
    public async Task Without_a_server_mails_are_files_for_their_owner_alone()
    {
        var folder = Directory.CreateTempSubdirectory("souk-mail-");
        try
        {
            var mailer = new Mailer(new() { Folder = Path.Combine(folder.FullName, "mail") }, new TestClock());
            Assert.True(mailer.IsOn);
            await mailer.SendAsync(MessageTo("ada@example.com"), CancellationToken.None);
            var file = Assert.Single(Directory.GetFiles(Path.Combine(folder.FullName, "mail")));
            Assert.EndsWith(".eml", file, StringComparison.Ordinal);
            // Readable by eye, whatever its length: nothing is encoded.
            Assert.Contains("https://shop.example/?a=1&b=2#t=x", await File.ReadAllTextAsync(file), StringComparison.Ordinal);
            Assert.Equal("ada@example.com", (await MimeMessage.LoadAsync(file)).To.ToString());
            if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_shop_that_was_told_no_way_sends_nothing()
    {
        var mailer = new Mailer(new(), new TestClock());
        Assert.False(mailer.IsOn);
        await Assert.ThrowsAsync<MailDelayedException>(() => mailer.SendAsync(MessageTo("ada@example.com"), CancellationToken.None));
    }
}
