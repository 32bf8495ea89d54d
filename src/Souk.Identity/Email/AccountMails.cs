using Souk.Platform.Jobs;
using Souk.Platform.Mail;

namespace Souk.Identity.Email;

/// <summary>What mails to owners of accounts are about. Stored in jobs by name: never rename one.</summary>
internal enum MailKind
{
    /// <summary>With a token: somebody registered with this address.</summary>
    VerifyEmail,

    /// <summary>With a token that sets a password: somebody registered with an address that has an account.</summary>
    AccountExists,

    /// <summary>With a token that sets a password.</summary>
    ResetPassword,

    PasswordChanged,

    /// <summary>With a token, to the new address.</summary>
    ChangeEmail,

    /// <summary>To the address of today.</summary>
    EmailChangeAsked,

    /// <summary>To the address until then.</summary>
    EmailChanged,

    /// <summary>Somebody wanted this address for an account of theirs.</summary>
    EmailInUse,
}

/// <summary>Enqueues mails to owners of accounts, in the transaction that has something to tell.</summary>
internal sealed class AccountMails(Mailer mailer, JobSignal signal, TimeProvider clock)
{
    public bool IsOn => mailer.IsOn;

    /// <summary>The mail is sent if, and only if, the caller's transaction commits; nothing is in a shop that sends none.</summary>
    /// <param name="tokenId">The row in <c>identity.mail_tokens</c>, of kinds that carry a token or go to an address of that row.</param>
    public Task TellAsync(NpgsqlConnection connection, Guid accountId, MailKind kind, Guid? tokenId, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        return IsOn ? connection.EnqueueJobAsync(SendMail.JobType, new SendMail.Job(accountId, kind, now, tokenId), now, cancel) : Task.CompletedTask;
    }

    /// <summary>Call it after the commit: what was enqueued need not wait for the workers' next look.</summary>
    public void Hurry() => signal.Send();
}
