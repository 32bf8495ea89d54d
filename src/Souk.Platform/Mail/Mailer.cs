namespace Souk.Platform.Mail;

/// <summary>
/// Sends mails, for jobs: a mail is a job, enqueued in the transaction that wants it, whose arguments name the account and the kind of mail but hold no
/// address, name or token. What fails is tried again by the job's backoff; a mail may come twice, with the same Message-Id.
/// </summary>
public sealed class Mailer
{
    readonly MailOptions options;
    readonly TimeProvider clock;
    readonly IMailTransport? transport;

    public Mailer(MailOptions options, TimeProvider clock)
    {
        (this.options, this.clock) = (options, clock);
        transport = options.IsSmtp ? new SmtpTransport(options) : options.IsOn ? new FolderTransport(Path.GetFullPath(options.Folder!), clock) : null;
    }

    /// <summary>False in a shop that was told no way to send mails: it enqueues none.</summary>
    public bool IsOn => transport is not null;

    /// <summary>What the shop is called.</summary>
    public string ShopName => options.FromName;

    /// <summary>A paragraph that brings its reader to the shop with a token, or shows the token when the shop has no page for that.</summary>
    /// <param name="action">What the page is to do, as in <c>verify_email</c>.</param>
    /// <param name="byLink">What is clicked.</param>
    /// <param name="byCode">What stands above the token.</param>
    public Paragraph Bringing(string token, string action, string byLink, string byCode) =>
        options.ShopUrl is { Length: > 0 } page ? new(byLink, Link: $"{page}#{action}={token}") : new(byCode, Code: token);

    /// <exception cref="MailRefusedException">This mail will never be taken.</exception>
    /// <exception cref="MailDelayedException">It was not taken now: let the job fail.</exception>
    public Task SendAsync(Message message, CancellationToken cancel)
    {
        if (transport is null) throw new MailDelayedException("The shop was told no way to send mails: set Mail:Host or Mail:Folder.");
        return message.TryWrite(options.Sender, clock.GetUtcNow(), out var mail) ? transport.DeliverAsync(mail, cancel)
            : throw new MailRefusedException("There can be no mailbox of this address.");
    }

    /// <summary>Looks whether the SMTP server would take mails; nothing to look at without one.</summary>
    /// <exception cref="MailDelayedException">It would not; the message says why.</exception>
    public Task ProbeAsync(CancellationToken cancel) => transport is SmtpTransport smtp ? smtp.ProbeAsync(cancel) : Task.CompletedTask;
}

public static class MailRegistration
{
    /// <summary><see cref="Mailer"/> by the configuration section <c>Mail</c>: see <see cref="MailOptions"/>.</summary>
    public static IServiceCollection AddMail(this IServiceCollection services, IConfiguration configuration)
    {
        var options = MailOptions.Read(configuration);
        return services.AddSingleton(provider => new Mailer(options, provider.GetRequiredService<TimeProvider>()));
    }
}
