using System.ComponentModel.DataAnnotations;
using Souk.Identity.Email;
using Souk.Identity.Guessing;
using Souk.Identity.Passwords;
using Souk.Identity.Sessions;
using Souk.Platform;
using Souk.Platform.SecurityLog;

namespace Souk.Identity.Accounts;

/// <summary>
/// <c>PUT /v1/me/password</c>: sets a new password and ends every other session of the account, and every token in a mail that sets a password or changes the
/// address; the owner is told by mail. A one-time password has served its time then.
/// </summary>
/// <remarks>
/// After some wrong current passwords the next is taken only after a while: 429 with <c>Retry-After</c>.
/// Sent again after a lost answer it gets 403 <c>password_wrong</c>, and the new password works.
/// </remarks>
internal static class ChangePassword
{
    public sealed record Request([Required] string? CurrentPassword, [Required] string? NewPassword);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPut("/v1/me/password", Handle).ForSignedIn().WithName(nameof(ChangePassword));

    static async Task<Results<NoContent, Error>> Handle(Request request, Caller caller, NpgsqlDataSource db, PersonalData people, PasswordPool pool, SignInGuesses guesses,
        RevokedSessions revoked, SecurityEntries entries, AccountMails mails, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        if (Refuse(request) is { } invalid) return invalid;
        var id = caller.RequiredAccountId;
        if (await db.QueryFirstAsync(FindHash, static row => row.GetString(0), [id], cancel) is not { } current || await Account.FindAsync(db, id, cancel) is not { } account)
            return AccountErrors.NotFound;
        var user = await account.ShowAsync(people, cancel);
        if (PasswordRules.Refuse(request.NewPassword, user.Email, user.Name) is { } weak) return Error.Invalid("/newPassword", weak);
        if ((await guesses.BeginChangeAsync(id, caller.SessionId, cancel)).Refused(out var delayed, out var guess)) return delayed;
        if ((await pool.RunAsync(passwords => passwords.Matches(current, request.CurrentPassword!) ? passwords.Make(request.NewPassword!) : "", cancel))
            .Refused(out var busy, out var changed)) return busy;
        var note = new SecurityNote(SecurityAct.PasswordChanged, SecurityActor.Account(id)).Of(id);
        if (changed == "")
        {
            await guesses.FailedAsync(guess);
            await db.AppendSecurityEntryAsync(await entries.MakeAsync(note with { Outcome = SecurityOutcome.Refused }, http, cancel), cancel);
            return PasswordErrors.Wrong;
        }
        await guesses.SucceededAsync(guess);

        var entry = await entries.MakeAsync(note, http, cancel);
        List<Guid> ended;
        await using (var connection = await db.OpenConnectionAsync(cancel))
        {
            await using var transaction = await connection.BeginTransactionAsync(cancel);
            // The account's row first: a sign-in with the old password either has its session by then, which is ended below, or fails.
            if (await connection.ExecuteAsync(Change, [id, current, changed, clock.GetUtcNow()], cancel) == 0) return PasswordErrors.ChangedMeanwhile;
            ended = await connection.QueryAsync(RevokedSessions.RevokeAll, static row => row.GetGuid(0),
                [id, caller.SessionId, clock.GetUtcNow(), "password_changed"], cancel);
            await connection.AppendSecurityEntryAsync(entry, cancel);
            await MailTokens.WithdrawAsync(connection, id, [MailTokens.Reset, MailTokens.Change], clock.GetUtcNow(), cancel);
            await mails.TellAsync(connection, id, MailKind.PasswordChanged, null, cancel);
            await transaction.CommitAsync(cancel);
        }
        revoked.Announce(ended);
        mails.Hurry();
        return TypedResults.NoContent();
    }

    internal static Error? Refuse(Request request) => Error.Invalid(ProfileRules.Wrong(
        ("/currentPassword", request.CurrentPassword is { Length: > 0 } current && PasswordRules.IsUsable(current) ? null : "The password of today is needed."),
        ("/newPassword", PasswordRules.Refuse(request.NewPassword)
            ?? (request.NewPassword == request.CurrentPassword ? "The new password differs from the old one." : null))));

    const string FindHash = "SELECT password_hash FROM identity.accounts WHERE id = $1";

    const string Change = """
        UPDATE identity.accounts SET password_hash = $3, password_change_required = false, version = version + 1, updated_at = $4
        WHERE id = $1 AND password_hash = $2
        """;
}
