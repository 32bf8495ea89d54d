using Souk.Identity.Accounts;
using Souk.Platform.Jobs;

namespace Souk.Identity.Email;

/// <summary>The job behind <see cref="AskPasswordReset"/>: finds out whether the address has an account, and mails it a token unless it got enough of them.</summary>
internal static class AnswerPasswordReset
{
    public const string JobType = "identity.answer-password-reset";

    /// <param name="EmailIndexes">Blind indexes of the address.</param>
    public sealed record Job(byte[][] EmailIndexes);

    public static async Task RunAsync(Job job, JobContext context, CancellationToken cancel)
    {
        var (mails, now) = (context.Services.GetRequiredService<AccountMails>(), context.Services.GetRequiredService<TimeProvider>().GetUtcNow());
        await using var connection = await context.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync(cancel);
        var owner = await connection.QueryFirstAsync(RegisterUser.FindClaim, static row => row.GetGuid(0), [job.EmailIndexes], cancel);
        if (owner == default) return;

        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (await MailTokens.IssueAsync(connection, owner, MailTokens.Reset, MailTokens.ResetTime, MailTokens.StrangersLimit, now, cancel) is not { } token) return;
        await mails.TellAsync(connection, owner, MailKind.ResetPassword, token, cancel);
        await context.CompleteAsync(connection, cancel);
        await transaction.CommitAsync(cancel);
        mails.Hurry();
    }
}
