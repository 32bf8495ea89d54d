using Souk.Identity.Sessions;
using Souk.Platform.SecurityLog;

namespace Souk.Identity.SecondFactors;

/// <summary>
/// <c>POST /v1/me/second-factors/recovery-codes</c>: ten new recovery codes, which are never shown again; the old ones serve no more. Needs a recent sign-in or
/// step-up (403 <c>step_up_required</c>) and an active authenticator (409 <c>second_factor_missing</c>). Sent again after a lost answer it makes ten others.
/// </summary>
internal static class RenewRecoveryCodes
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/me/second-factors/recovery-codes", Handle).ForSignedIn().RequiresRecentSignIn().WithName(nameof(RenewRecoveryCodes));

    static async Task<Results<Ok<NewRecoveryCodes>, Error>> Handle(Caller caller, NpgsqlDataSource db, SecurityEntries entries, TimeProvider clock, HttpContext http,
        CancellationToken cancel)
    {
        var id = caller.RequiredAccountId;
        var entry = await entries.MakeAsync(new SecurityNote(SecurityAct.RecoveryCodesRenewed, SecurityActor.Account(id)).Of(id), http, cancel);
        await using var connection = await db.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        // Two at once take turns at the factor, so that ten are left and not twenty.
        if (!await connection.QueryFirstAsync(LockFactor, static row => row.GetBoolean(0), [id], cancel)) return SecondFactorErrors.Missing;
        var codes = await RecoveryCodes.ReplaceAsync(connection, id, clock.GetUtcNow(), cancel);
        await connection.AppendSecurityEntryAsync(entry, cancel);
        await transaction.CommitAsync(cancel);
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(new NewRecoveryCodes(codes));
    }

    const string LockFactor = "SELECT true FROM identity.totp_factors WHERE account_id = $1 AND active_since IS NOT NULL FOR UPDATE";
}
