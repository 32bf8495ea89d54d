using System.Net.Sockets;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace Souk.Platform.Mail;

/// <summary>Hands mails to an SMTP server, each over a connection of its own.</summary>
internal sealed class SmtpTransport(MailOptions options) : IMailTransport
{
    /// <summary>From the connection to the server's last word; shorter than the lease of a job.</summary>
    const int SecondsMax = 30;

    public Task DeliverAsync(MimeMessage mail, CancellationToken cancel) => AskAsync(mail, cancel);

    /// <summary>Connects and signs in as for a mail; sends none.</summary>
    /// <exception cref="MailDelayedException">A mail could not be sent now; the message says why.</exception>
    public Task ProbeAsync(CancellationToken cancel) => AskAsync(null, cancel);

    async Task AskAsync(MimeMessage? mail, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(SecondsMax));
        using var client = new SmtpClient { Timeout = SecondsMax * 1_000 };
        var isConnected = false;
        try
        {
            await client.ConnectAsync(options.Host!, options.PortOrDefault, options.Security switch
            {
                "none" => SecureSocketOptions.None,
                "tls" => SecureSocketOptions.SslOnConnect,
                _ => SecureSocketOptions.StartTls,
            }, limit.Token);
            if (options.User is { Length: > 0 } user) await client.AuthenticateAsync(user, options.Password!, limit.Token);
            isConnected = true;
            if (mail is not null) await client.SendAsync(mail, limit.Token);
        }
        catch (SmtpCommandException no) when ((int)no.StatusCode >= 500 && no.ErrorCode is SmtpErrorCode.RecipientNotAccepted or SmtpErrorCode.MessageNotAccepted)
        {
            throw new MailRefusedException($"{Server} said {(int)no.StatusCode} to the {(no.ErrorCode == SmtpErrorCode.RecipientNotAccepted ? "recipient" : "mail")}.");
        }
        catch (NotSupportedException) when (isConnected)
        {
            throw new MailRefusedException($"{Server} takes no addresses beyond ASCII (SMTPUTF8).");
        }
        catch (Exception failure) when (!cancel.IsCancellationRequested)
        {
            // Whatever it was, its own message may quote what the server said of the address.
            throw new MailDelayedException($"{Server} {What(failure)}.");
        }
        await SayGoodbyeAsync(client, limit.Token);
    }

    /// <summary>The mail was taken: how the goodbye goes changes nothing.</summary>
    static async Task SayGoodbyeAsync(SmtpClient client, CancellationToken cancel)
    {
        try
        {
            await client.DisconnectAsync(quit: true, cancel);
        }
        catch (Exception rude) when (rude is IOException or SocketException or OperationCanceledException or MailKit.ProtocolException or MailKit.CommandException)
        {
            return;
        }
    }

    string Server => $"The SMTP server {options.Host}:{options.PortOrDefault}";

    static string What(Exception failure) => failure switch
    {
        SmtpCommandException no => $"said {(int)no.StatusCode} ({no.ErrorCode})",
        AuthenticationException => "refuses Mail:User with Mail:Password",
        SslHandshakeException => "shows no certificate that is trusted here, or speaks no TLS at this port: see Mail:Security",
        NotSupportedException => "offers no STARTTLS, or no sign-in: see Mail:Security and Mail:User",
        SocketException away => $"cannot be reached ({away.SocketErrorCode})",
        OperationCanceledException or TimeoutException => $"did not answer within {SecondsMax} s",
        _ => $"broke off ({failure.GetType().Name})",
    };
}
