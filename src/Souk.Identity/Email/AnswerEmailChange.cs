using Souk.Identity.Accounts;
using Souk.Platform.Jobs;

namespace Souk.Identity.Email;

/// <summary>
/// The job behind <see cref="AskEmailChange"/>: tells the present address, and mails the token to the new one, or tells the owner of a taken one; beyond the
/// limits not.
/// </summary>
internal static class AnswerEmailChange
{
    public const string JobType = "identity.answer-email-change";

    /// <summary>In an hour: changes that one account asks for, and mails to one address that is not an account's yet, whoever asks.</summary>
    public const int AskedMax = 5, ToAddressMax = 3;

    /// <param name="EmailIndexes">Blind indexes of the new address.</param>
    public sealed record Job(Guid AccountId, Guid TokenId, byte[][] EmailIndexes);

    public static async Task RunAsync(Job job, JobContext context, CancellationToken cancel)
    {
        var (mails, now) = (context.Services.GetRequiredService<AccountMails>(), context.Services.GetRequiredService<TimeProvider>().GetUtcNow());
        await using var connection = await context.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync(cancel);
        var owner = await connection.QueryFirstAsync(RegisterUser.FindClaim, static row => row.GetGuid(0), [job.EmailIndexes], cancel);

        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await connection.ExecuteAsync(MailTokens.LockAccounts, [new[] { job.AccountId, owner }], cancel);
        var (asked, toAddress) = await connection.QueryFirstAsync(Count, static row => (row.GetInt32(0), row.GetInt32(1)), 
            [job.AccountId, job.EmailIndexes, now.AddHours(-1), job.TokenId], cancel);
        var isTaken = owner != default && owner != job.AccountId;
        // What whoever asks can see, a mail to their own address and what becomes of their other tokens, must not depend on whether the new address is taken.
        await connection.ExecuteAsync(WithdrawEarlier, [job.AccountId, job.TokenId, now], cancel);
        if (asked <= AskedMax) await mails.TellAsync(connection, job.AccountId, MailKind.EmailChangeAsked, job.TokenId, cancel);
        if (asked > AskedMax || isTaken || toAddress > ToAddressMax) await connection.ExecuteAsync(WithdrawThis, [job.AccountId, job.TokenId, now], cancel);
        else await mails.TellAsync(connection, job.AccountId, MailKind.ChangeEmail, job.TokenId, cancel);
        if (asked <= AskedMax && isTaken
            && await MailTokens.IssueAsync(connection, owner, MailTokens.Notice, MailTokens.ResetTime, MailTokens.StrangersLimit, now, cancel) is { } notice)
            await mails.TellAsync(connection, owner, MailKind.EmailInUse, notice, cancel);
        await context.CompleteAsync(connection, cancel);
        await transaction.CommitAsync(cancel);
        mails.Hurry();
    }

    // Ids are in order of time. What was asked for later does not count: its job may come before this one.
    const string Count = """
        SELECT (SELECT count(*)::int FROM identity.mail_tokens WHERE account_id = $1 AND purpose = 'change_email' AND created_at > $3 AND id <= $4),
               (SELECT count(*)::int FROM identity.mail_tokens WHERE email_index = ANY($2) AND created_at > $3 AND id <= $4)
        """;

    const string WithdrawThis = """
        UPDATE identity.mail_tokens SET withdrawn_at = $3 WHERE account_id = $1 AND id = $2 AND used_at IS NULL AND withdrawn_at IS NULL
        """;

    const string WithdrawEarlier = """
        UPDATE identity.mail_tokens SET withdrawn_at = $3
        WHERE account_id = $1 AND id < $2 AND purpose = 'change_email' AND used_at IS NULL AND withdrawn_at IS NULL
        """;
}
