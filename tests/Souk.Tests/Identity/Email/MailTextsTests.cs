using Souk.Identity.Email;
using Souk.Platform.Mail;

namespace Souk.Tests.Identity.Email;

public sealed class MailTextsTests
{
    public static TheoryData<string, string> All => new(from kind in Enum.GetNames<MailKind>() from language in MailTexts.Languages select (kind, language));

    [Theory]
    [MemberData(nameof(All))]
    public void Every_mail_is_written_in_every_language_and_carries_its_token(string kind, string language)
    {
        var carried = 0;
        var (subject, paragraphs) = MailTexts.Of(Enum.Parse<MailKind>(kind), language, "Kiosk", new(2026, 11, 3, 4, 5, 6, TimeSpan.Zero), (byLink, _) =>
        {
            carried++;
            return new Paragraph(byLink, Link: "https://shop.example/#x=y");
        });
        Assert.StartsWith("Kiosk: ", subject, StringComparison.Ordinal);
        Assert.Equal(kind is "VerifyEmail" or "AccountExists" or "ResetPassword" or "ChangeEmail" ? 1 : 0, carried);
        Assert.InRange(paragraphs.Count, 2, 4);
        Assert.All(paragraphs, p => Assert.InRange(p.Text.Length, 10, 250));
        if (carried == 0) Assert.Contains(paragraphs, p => p.Text.Contains(language == "de" ? "3. 11. 2026 um 04:05 UTC" : "2026-11-03 at 04:05 UTC", StringComparison.Ordinal));
    }
}
