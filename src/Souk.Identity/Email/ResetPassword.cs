using System.ComponentModel.DataAnnotations;
using Souk.Identity.Accounts;
using Souk.Identity.Passwords;
using Souk.Identity.Sessions;
using Souk.Identity.Tokens;
using Souk.Platform.SecurityLog;

namespace Souk.Identity.Email;

/// <summary>
/// <c>POST /v1/password-resets/confirmation</c>: the token of a mail sets a new password. Every session ends, every other token that sets a password or
/// changes the address serves no more, the address is verified, and its owner is told. 401 <c>mail_token_invalid</c> for a token that does not serve.
/// </summary>
/// <remarks>Sent again after a lost answer it gets 401 <c>mail_token_invalid</c>, and the new password works.</remarks>
internal static class ResetPassword
{
    public sealed record Request([Required] string? Token, [Required] string? NewPassword);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/password-resets/confirmation", Handle).ForEveryone().WithMetadata(IgnoresCaller.Instance).WithName(nameof(ResetPassword));

    static async Task<Results<NoContent, Error>> Handle(Request request, MailTokens tokens, NpgsqlDataSource db, PasswordPool pool, RevokedSessions revoked, AccountMails mails,
        SecurityEntries entries, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        if (Refuse(request) is { } invalid) return invalid;
        if (tokens.Read(request.Token, MailTokens.Reset) is not { } token) return EmailErrors.TokenInvalid;
        // Looked at before the work of hashing, and once more below.
        if (!await db.QueryFirstAsync(IsOpen, static row => row.GetBoolean(0), [token.AccountId, token.Id, clock.GetUtcNow()], cancel)) return EmailErrors.TokenInvalid;
        if ((await pool.RunAsync(passwords => passwords.Make(request.NewPassword!), cancel)).Refused(out var busy, out var hash)) return busy;

        var now = clock.GetUtcNow();
        var entry = await entries.MakeAsync(new SecurityNote(SecurityAct.PasswordReset, SecurityActor.Account(token.AccountId)).Of(token.AccountId), http, cancel);
        List<Guid> ended;
        await using (var connection = await db.OpenConnectionAsync(cancel))
        {
            await using var transaction = await connection.BeginTransactionAsync(cancel);
            // The account's row first: a sign-in with the old password either has its session by then, which is ended below, or fails.
            await connection.ExecuteAsync(Change, [token.AccountId, hash, now], cancel);
            if (!await MailTokens.UseAsync(connection, token, MailTokens.Reset, now, cancel)) return EmailErrors.TokenInvalid;
            await MailTokens.WithdrawAsync(connection, token.AccountId, [MailTokens.Reset, MailTokens.Change], now, cancel);
            ended = await connection.QueryAsync(RevokedSessions.RevokeAll, static row => row.GetGuid(0), [token.AccountId, null, now, "password_changed"], cancel);
            await connection.AppendSecurityEntryAsync(entry, cancel);
            await mails.TellAsync(connection, token.AccountId, MailKind.PasswordChanged, null, cancel);
            await transaction.CommitAsync(cancel);
        }
        revoked.Announce(ended);
        mails.Hurry();
        return TypedResults.NoContent();
    }

    internal static Error? Refuse(Request request) => Error.Invalid(ProfileRules.Wrong(
        ("/token", VerifyEmail.RefuseToken(request.Token)),
        ("/newPassword", PasswordRules.Refuse(request.NewPassword))));

    const string IsOpen = """
        SELECT used_at IS NULL AND withdrawn_at IS NULL AND expires_at > $3 FROM identity.mail_tokens
        WHERE account_id = $1 AND id = $2 AND purpose = 'reset_password'
        """;

    const string Change = """
        UPDATE identity.accounts SET password_hash = $2, password_change_required = false,
            must_verify_email = false, email_verified_at = coalesce(email_verified_at, $3), version = version + 1, updated_at = $3
        WHERE id = $1
        """;
}
