using System.Net;
using System.Net.Http.Json;
using MimeKit;
using Souk.Tests.Platform.Mail;

namespace Souk.Tests.Host;

public sealed class MailChecksTests
{
    [Fact]
    public async Task The_doctor_says_whether_the_server_takes_mails()
    {
        await using var folder = new HostFolder();
        await using var sink = new SmtpSink();
        await sink.StartAsync();
        (string, string)[] settings = [("SOUK_MAIL__HOST", "127.0.0.1"), ("SOUK_MAIL__PORT", $"{sink.Port}"), ("SOUK_MAIL__SECURITY", "none"), ("SOUK_MAIL__FROM", "shop@souk.example")];

        var (_, said) = await HostProcess.RunInAsync(Path.GetTempPath(), settings, "doctor", "--data", folder.Path);
        Assert.Matches("(?m)^ok +mail +127.0.0.1 takes mails from shop@souk.example", said);

        await sink.StopAsync();
        (var code, said) = await HostProcess.RunInAsync(Path.GetTempPath(), settings, "doctor", "--data", folder.Path);
        Assert.Equal(1, code);
        Assert.Matches("(?m)^fail +mail +The SMTP server .* cannot be reached .*Start the server", said);

        (code, said) = await HostProcess.RunInAsync(Path.GetTempPath(), [("SOUK_MAIL__HOST", "127.0.0.1")], "doctor", "--data", folder.Path);
        Assert.Equal(1, code);
        Assert.Matches("(?m)^fail +mail +The setting Mail:From is needed", said);
    }

    /// <summary>Nothing is set up, and still an address can be tried out.</summary>
    [Fact]
    public async Task A_shop_of_up_writes_its_mails_into_its_data_folder()
    {
        await using var folder = new HostFolder();
        await using var host = await HostProcess.StartAsync("up", "--port", "auto", "--data", folder.Path, "--no-seed");
        var mails = Path.Combine(folder.Path, "mail");
        Assert.Contains($"files in {mails}", host.Output, StringComparison.Ordinal);
        using var http = new HttpClient { BaseAddress = host.Address };
        using var asked = await http.PostAsJsonAsync("/v1/password-resets", new { email = "staff@shop.example" });
        Assert.Equal(HttpStatusCode.Accepted, asked.StatusCode);
        await Answers.Eventually(() => Task.FromResult(Directory.Exists(mails) && Directory.GetFiles(mails, "*.eml").Length == 1), "the mail is written");

        var token = System.Text.RegularExpressions.Regex.Match((await MimeMessage.LoadAsync(Directory.GetFiles(mails)[0])).TextBody!, "(?m)^[A-Za-z0-9_-]{86}\r?$").Value.Trim();
        using var set = await http.PostAsJsonAsync("/v1/password-resets/confirmation", new { token, newPassword = "correct horse battery" });
        Assert.Equal(HttpStatusCode.NoContent, set.StatusCode);
        using var signedIn = await http.PostAsJsonAsync("/v1/sessions", new { email = "staff@shop.example", password = "correct horse battery" });
        Assert.Equal(HttpStatusCode.Created, signedIn.StatusCode);
        Assert.Equal(0, await host.StopAsync());
    }
}
