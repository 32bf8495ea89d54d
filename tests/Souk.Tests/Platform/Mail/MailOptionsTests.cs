using Microsoft.Extensions.Configuration;
using Souk.Identity;
using Souk.Platform.Mail;

namespace Souk.Tests.Platform.Mail;

public sealed class MailOptionsTests
{
    static IConfiguration Settings(params string[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(s => s.Split('=', 2)).Select(s => KeyValuePair.Create<string, string?>(s[0], s[1]))).Build();

    [Theory]
    [InlineData("Mail:From is needed", "Mail:Host=smtp.example")]
    [InlineData("Mail:From is no e-mail", "Mail:Host=smtp.example", "Mail:From=shop")]
    [InlineData("Mail:Security is 'ssl'", "Mail:Security=ssl")]
    [InlineData("Mail:Port is 0", "Mail:Port=0")]
    [InlineData("Mail:FromName", "Mail:FromName=a\nBcc: b@example.com")]
    [InlineData("Mail:ShopUrl", "Mail:ShopUrl=/account")]
    [InlineData("Mail:ShopUrl", "Mail:ShopUrl=javascript:alert(1)")]
    [InlineData("Mail:ShopUrl", "Mail:ShopUrl=https://shop.example/#/account")]
    [InlineData("needs Mail:Password", "Mail:User=shop")]
    [InlineData("in clear", "Mail:User=shop", "Mail:Password=secret", "Mail:Security=none")]
    public void What_cannot_work_stops_the_start_and_says_which(string says, params string[] settings)
    {
        var wrong = Assert.Throws<InvalidOperationException>(() => MailOptions.Read(Settings(settings)));
        Assert.Contains(says, wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", wrong.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("starttls", 587)]
    [InlineData("tls", 465)]
    [InlineData("none", 25)]
    public void The_port_follows_from_the_security(string security, int port) =>
        Assert.Equal(port, MailOptions.Read(Settings("Mail:Host=smtp.example", "Mail:From=shop@souk.example", $"Mail:Security={security}")).PortOrDefault);

    [Theory]
    [InlineData(false)]
    [InlineData(false, "Mail:Folder=mail")]
    [InlineData(true, "Mail:Folder=mail", "Identity:VerifyEmail=true")]
    [InlineData(true, "Mail:Host=smtp.example", "Mail:From=shop@souk.example")]
    [InlineData(false, "Mail:Host=smtp.example", "Mail:From=shop@souk.example", "Identity:VerifyEmail=false")]
    public void Addresses_are_verified_where_mails_reach_people(bool verifies, params string[] settings) => Assert.Equal(verifies, IdentityOptions.Read(Settings(settings)).VerifiesEmail);

    [Fact]
    public void Verifying_without_mails_stops_the_start() =>
        Assert.Contains("needs Mail:Host", Assert.Throws<InvalidOperationException>(() => IdentityOptions.Read(Settings("Identity:VerifyEmail=true"))).Message, StringComparison.Ordinal);
}
