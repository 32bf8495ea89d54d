using Souk.Identity.Accounts;
using Souk.Platform;
using Souk.Platform.Jobs;

namespace Souk.Identity.Email;

/// <summary>
/// The job behind <see cref="QuietRegistration"/>: a new account gets the mail that verifies it, the owner of a taken address one that says so and sets a new
/// password. That also serves those who lost the first mail and register again: whoever sets a password has shown that the address is theirs.
/// </summary>
internal static class AnswerRegistration
{
    public const string JobType = "identity.answer-registration";

    /// <param name="AccountId">What the registration would have made, or has made.</param>
    /// <param name="EmailIndexes">Blind indexes of its address.</param>
    public sealed record Job(Guid AccountId, byte[][] EmailIndexes);

    public static async Task RunAsync(Job job, JobContext context, CancellationToken cancel)
    {
        var services = context.Services;
        await using var connection = await services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync(cancel);
        var mustVerify = await connection.QueryFirstAsync(FindMade, static row => (bool?)row.GetBoolean(0), [job.AccountId], cancel);
        if (mustVerify is true) await MailAsync(job.AccountId, MailKind.VerifyEmail, connection, context, cancel);
        if (mustVerify is not null) return;

        // The address was taken. What the registration wrote down was encrypted for somebody who does not exist: nobody needs that key.
        await services.GetRequiredService<PersonalData>().EraseAsync(job.AccountId, cancel);
        var owner = await connection.QueryFirstAsync(RegisterUser.FindClaim, static row => row.GetGuid(0), [job.EmailIndexes], cancel);
        if (owner != default) await MailAsync(owner, MailKind.AccountExists, connection, context, cancel);
    }

    static async Task MailAsync(Guid accountId, MailKind kind, NpgsqlConnection connection, JobContext context, CancellationToken cancel)
    {
        var (mails, now) = (context.Services.GetRequiredService<AccountMails>(), context.Services.GetRequiredService<TimeProvider>().GetUtcNow());
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var token = kind == MailKind.VerifyEmail
            ? await MailTokens.IssueAsync(connection, accountId, MailTokens.Verify, MailTokens.VerifyTime, MailTokens.VerifyLimit, now, cancel)
            : await MailTokens.IssueAsync(connection, accountId, MailTokens.Reset, MailTokens.ResetTime, MailTokens.StrangersLimit, now, cancel);
        if (token is null) return;
        await mails.TellAsync(connection, accountId, kind, token, cancel);
        await context.CompleteAsync(connection, cancel);
        await transaction.CommitAsync(cancel);
        mails.Hurry();
    }

    const string FindMade = "SELECT must_verify_email FROM identity.accounts WHERE id = $1";
}
