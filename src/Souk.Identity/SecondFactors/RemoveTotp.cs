using Souk.Identity.Sessions;
using Souk.Platform.SecurityLog;

namespace Souk.Identity.SecondFactors;

/// <summary>
/// <c>DELETE /v1/me/second-factors/totp</c>: removes the authenticator and the recovery codes; the password alone signs in from now on. Needs a recent sign-in or
/// step-up (403 <c>step_up_required</c>). Idempotent. Staff of a shop that wants a second factor of them are signed out everywhere.
/// </summary>
/// <remarks>It takes no body, since proxies may drop that of a DELETE: who it is was proved at the step-up.</remarks>
internal static class RemoveTotp
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapDelete("/v1/me/second-factors/totp", Handle).ForSignedIn().RequiresRecentSignIn().WithName(nameof(RemoveTotp));

    static async Task<NoContent> Handle(Caller caller, NpgsqlDataSource db, RevokedSessions revoked, SecurityEntries entries, IdentityOptions options,
        TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var id = caller.RequiredAccountId;
        var entry = await entries.MakeAsync(new SecurityNote(SecurityAct.SecondFactorRemoved, SecurityActor.Account(id)).Of(id), http, cancel);
        List<Guid> ended = [];
        await using (var connection = await db.OpenConnectionAsync(cancel))
        {
            await using var transaction = await connection.BeginTransactionAsync(cancel);
            var removed = await connection.ExecuteAsync(DeleteFactor, [id], cancel);
            await connection.ExecuteAsync(RecoveryCodes.DeleteAll, [id], cancel);
            // Their tokens say staff for some minutes: like one who lost the role, they begin anew.
            if (removed > 0 && options.StaffNeedSecondFactor && await connection.QueryFirstAsync(IsStaff, static row => row.GetBoolean(0), [id], cancel))
                ended = await connection.QueryAsync(RevokedSessions.RevokeAll, static row => row.GetGuid(0), [id, null, clock.GetUtcNow(), "role_lost"], cancel);
            if (removed > 0) await connection.AppendSecurityEntryAsync(entry, cancel);
            await transaction.CommitAsync(cancel);
        }
        revoked.Announce(ended);
        return TypedResults.NoContent();
    }

    const string DeleteFactor = "DELETE FROM identity.totp_factors WHERE account_id = $1";

    const string IsStaff = "SELECT is_staff OR cardinality(roles) > 0 FROM identity.accounts WHERE id = $1";
}
