using MimeKit;

namespace Souk.Platform.Mail;

/// <summary>Where mails go: an SMTP server, or a folder.</summary>
internal interface IMailTransport
{
    /// <summary>The mail is somebody else's to deliver, or on disk, when it returns.</summary>
    /// <exception cref="MailRefusedException">This mail will never be taken.</exception>
    /// <exception cref="MailDelayedException">It was not taken now.</exception>
    Task DeliverAsync(MimeMessage mail, CancellationToken cancel);
}

/// <summary>It may be taken later: the server is away, busy, or set up wrongly. Quotes no address: failures of jobs are logged with their messages.</summary>
public sealed class MailDelayedException(string message) : Exception(message);

/// <summary>The server refuses this mail or its recipient for good; sending it again changes nothing. Quotes no address.</summary>
public sealed class MailRefusedException(string message) : Exception(message);
