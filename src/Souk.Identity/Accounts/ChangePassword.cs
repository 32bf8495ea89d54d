using System.ComponentModel.DataAnnotations;
using Souk.Identity.Email;
using Souk.Identity.Passwords;
using Souk.Identity.Sessions;

namespace Souk.Identity.Accounts;

/// <summary>
/// <c>PUT /v1/me/password</c>: sets a new password and ends every other session of the account, and every token in a mail that sets a password or changes the
/// address; the owner is told by mail. A one-time password has served its time then.
/// </summary>
/// <remarks>Sent again after a lost answer it gets 403 <c>password_wrong</c>, and the new password works.</remarks>
internal static class ChangePassword
{
    public sealed record Request([Required] string? CurrentPassword, [Required] string? NewPassword);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPut("/v1/me/password", Handle).ForSignedIn().WithName(nameof(ChangePassword));

    static async Task<Results<NoContent, Error>> Handle(Request request, Caller caller, NpgsqlDataSource db, PasswordPool pool, RevokedSessions revoked,
        AccountMails mails, TimeProvider clock, CancellationToken cancel)
    {
        if (Refuse(request) is { } invalid) return invalid;
        var id = caller.RequiredAccountId;
        if (await db.QueryFirstAsync(FindHash, static row => row.GetString(0), [id], cancel) is not { } current) return AccountErrors.NotFound;
        if ((await pool.RunAsync(() => PasswordHash.Matches(current, request.CurrentPassword!) ? PasswordHash.Make(request.NewPassword!) : "", cancel))
            .Refused(out var busy, out var changed)) return busy;
        if (changed == "") return PasswordErrors.Wrong;

        List<Guid> ended;
        await using (var connection = await db.OpenConnectionAsync(cancel))
        {
            await using var transaction = await connection.BeginTransactionAsync(cancel);
            // The account's row first: a sign-in with the old password either has its session by then, which is ended below, or fails.
            if (await connection.ExecuteAsync(Change, [id, current, changed, clock.GetUtcNow()], cancel) == 0) return PasswordErrors.ChangedMeanwhile;
            ended = await connection.QueryAsync(RevokedSessions.RevokeAll, static row => row.GetGuid(0),
                [id, caller.SessionId, clock.GetUtcNow(), "password_changed"], cancel);
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
