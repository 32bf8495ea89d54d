using MimeKit;

namespace Souk.Platform.Mail;

/// <summary>Configuration section <c>Mail</c>. Values that cannot work stop the start.</summary>
public sealed class MailOptions
{
    const int FromNameLengthMax = 100;

    /// <summary>The SMTP server. Without it mails become files in <see cref="Folder"/>; without either the shop sends none. Default none.</summary>
    public string? Host { get; init; }

    /// <summary>Its port, 1..65535. Default 587 with <c>starttls</c>, 465 with <c>tls</c>, 25 with <c>none</c>.</summary>
    public int? Port { get; init; }

    /// <summary><c>starttls</c> (default) or <c>tls</c>: nothing is sent unless the server's certificate is trusted; <c>none</c>: in clear, for a server on this machine.</summary>
    public string Security { get; init; } = "starttls";

    /// <summary>Who signs in at the server; needs <see cref="Password"/>, and a <see cref="Security"/> other than <c>none</c>. Default nobody.</summary>
    public string? User { get; init; }

    public string? Password { get; init; }

    /// <summary>The address that mails come from. Needed with <see cref="Host"/>; files say shop@localhost without it.</summary>
    public string? From { get; init; }

    /// <summary>What the shop is called in mails, 1..100 characters. Default Souk.</summary>
    public string FromName { get; init; } = "Souk";

    /// <summary>
    /// The page of the shop that links in mails lead to: http or https, without a fragment. A link is this address with <c>#action=token</c>: what stands
    /// behind the # is sent to no server and stands in no log. Default none: mails show the token as a code to be entered.
    /// </summary>
    public string? ShopUrl { get; init; }

    /// <summary>Where mails are written to as <c>.eml</c> files when there is no <see cref="Host"/>. Default none, under <c>souk up</c> the folder <c>mail</c> in its data folder.</summary>
    public string? Folder { get; init; }

    /// <summary>False: the shop was told no way to send mails.</summary>
    public bool IsOn => IsSmtp || Folder is { Length: > 0 };

    /// <summary>True: mails reach people, not a folder.</summary>
    public bool IsSmtp => Host is { Length: > 0 };

    internal int PortOrDefault => Port ?? Security switch { "tls" => 465, "none" => 25, _ => 587 };

    internal MailboxAddress Sender => new(FromName, From is { Length: > 0 } ? From : "shop@localhost");

    public static MailOptions Read(IConfiguration configuration)
    {
        var options = configuration.GetSection("Mail").Get<MailOptions>() ?? new();
        return options.Wrong() is { } wrong ? throw new InvalidOperationException(wrong) : options;
    }

    string? Wrong() => this switch
    {
        { Security: not ("starttls" or "tls" or "none") } => $"The setting Mail:Security is '{Security}'; give starttls, tls or none.",
        { Port: < 1 or > 65_535 } => $"The setting Mail:Port is {Port}; it goes from 1 to 65535.",
        { IsSmtp: true, From: null or "" } => "The setting Mail:From is needed beside Mail:Host: the address that mails come from.",
        { From.Length: > 0 } when !Addresses.TryRead(From, out _) => "The setting Mail:From is no e-mail address.",
        { FromName: null or "" } or { FromName.Length: > FromNameLengthMax } => $"The setting Mail:FromName has 1 to {FromNameLengthMax} characters.",
        { FromName: var name } when name.Any(char.IsControl) => "The setting Mail:FromName has no control characters.",
        { ShopUrl.Length: > 0 } when !IsPage(ShopUrl) => "The setting Mail:ShopUrl is an address such as https://shop.example/account, without a #.",
        { User.Length: > 0, Password: null or "" } => "The setting Mail:User needs Mail:Password.",
        { User.Length: > 0, Security: "none" } => "The setting Mail:Security is none: Mail:Password would be sent in clear. Give starttls or tls, or leave Mail:User out.",
        _ => null,
    };

    static bool IsPage(string address) => Uri.TryCreate(address, UriKind.Absolute, out var page) && page.Scheme is "http" or "https" && !address.Contains('#');
}
