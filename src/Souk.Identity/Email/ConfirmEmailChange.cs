using System.ComponentModel.DataAnnotations;
using Souk.Identity.Accounts;
using Souk.Identity.Tokens;
using Souk.Platform;
using Souk.Platform.SecurityLog;

namespace Souk.Identity.Email;

/// <summary>
/// <c>POST /v1/email-changes/confirmation</c>: the token of a mail gives the account the address that the mail went to, and verifies it; the address until
/// then is told. Other tokens in mails of the account serve no more. 401 <c>mail_token_invalid</c> for a token that does not serve; 409 <c>email_taken</c>
/// when the address got an account meanwhile.
/// </summary>
/// <remarks>Sent again after a lost answer it gets the same answer.</remarks>
internal static class ConfirmEmailChange
{
    public sealed record Request([Required] string? Token);

    sealed record Change(byte[] NewEmail, byte[] OldEmail, bool IsUsed);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/email-changes/confirmation", Handle).ForEveryone().WithMetadata(IgnoresCaller.Instance).WithName(nameof(ConfirmEmailChange));

    static async Task<Results<NoContent, Error>> Handle(Request request, MailTokens tokens, NpgsqlDataSource db, PersonalData people, AccountMails mails, SecurityEntries entries,
        TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        if (Refuse(request) is { } invalid) return invalid;
        if (tokens.Read(request.Token, MailTokens.Change) is not { } token) return EmailErrors.TokenInvalid;
        if (await db.QueryFirstAsync(Find, static row => new Change(row.GetFieldValue<byte[]>(0), row.GetFieldValue<byte[]>(1), row.GetBoolean(2)), [token.AccountId, token.Id], cancel)
            is not { } change) return EmailErrors.TokenInvalid;
        if (change.IsUsed) return TypedResults.NoContent();
        if (await people.RevealAsync(token.AccountId, SendMail.NewEmailColumn, change.NewEmail, cancel) is not { } newEmail
            || await people.RevealAsync(token.AccountId, SendMail.OldEmailColumn, change.OldEmail, cancel) is not { } oldEmail) return EmailErrors.TokenInvalid;

        try
        {
            var email = await people.ProtectAsync(token.AccountId, Account.EmailColumn, newEmail, cancel);
            var entry = await entries.MakeAsync(new SecurityNote(SecurityAct.EmailChanged, SecurityActor.Account(token.AccountId)).Of(token.AccountId), http, cancel);
            return await ChangeAsync(token, email, EmailAddress.Indexes(people, newEmail), EmailAddress.Indexes(people, oldEmail), db, mails, entry, clock.GetUtcNow(), cancel) is { } refused
                ? refused : TypedResults.NoContent();
        }
        catch (PersonErasedException)
        {
            return EmailErrors.TokenInvalid;
        }
    }

    static async Task<Error?> ChangeAsync(MailToken token, byte[] email, byte[][] newIndexes, byte[][] oldIndexes, NpgsqlDataSource db, AccountMails mails, SecurityEntry entry,
        DateTimeOffset now, CancellationToken cancel)
    {
        await using var connection = await db.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await connection.ExecuteAsync(MailTokens.LockAccounts, [new[] { token.AccountId }], cancel);
        if (!await MailTokens.UseAsync(connection, token, MailTokens.Change, now, cancel))
            return await MailTokens.WasUsedAsync(connection, token, cancel) ? null : EmailErrors.TokenInvalid;

        // Also under an index of older keys it may be another's.
        var owners = await connection.QueryAsync(RegisterUser.FindClaim, static row => row.GetGuid(0), [newIndexes], cancel);
        if (owners.Any(owner => owner != token.AccountId)) return AccountErrors.EmailTaken;
        if (await connection.QueryFirstAsync(Claim, static row => row.GetGuid(0), [newIndexes[0], token.AccountId], cancel) != token.AccountId) return AccountErrors.EmailTaken;
        await connection.ExecuteAsync(Disclaim, [token.AccountId, oldIndexes, newIndexes[0]], cancel);
        await connection.ExecuteAsync(SetEmail, [token.AccountId, email, now], cancel);
        await MailTokens.WithdrawAsync(connection, token.AccountId, [MailTokens.Verify, MailTokens.Reset, MailTokens.Change], now, cancel);
        await connection.AppendSecurityEntryAsync(entry, cancel);
        await mails.TellAsync(connection, token.AccountId, MailKind.EmailChanged, token.Id, cancel);
        await transaction.CommitAsync(cancel);
        mails.Hurry();
        return null;
    }

    internal static Error? Refuse(Request request) => Error.Invalid(ProfileRules.Wrong(("/token", VerifyEmail.RefuseToken(request.Token))));

    const string Find = "SELECT email, old_email, used_at IS NOT NULL FROM identity.mail_tokens WHERE account_id = $1 AND id = $2 AND purpose = 'change_email'";

    // A rival for the same address is waited for. The update changes nothing; without it a conflict would return no owner.
    const string Claim = """
        INSERT INTO identity.email_claims AS c (email_index, account_id) VALUES ($1, $2)
        ON CONFLICT (email_index) DO UPDATE SET account_id = c.account_id
        RETURNING account_id
        """;

    const string Disclaim = "DELETE FROM identity.email_claims WHERE account_id = $1 AND email_index = ANY($2) AND email_index <> $3";

    const string SetEmail = """
        UPDATE identity.accounts SET email = $2, must_verify_email = false, email_verified_at = $3, version = version + 1, updated_at = $3
        WHERE id = $1
        """;
}
