using System.ComponentModel.DataAnnotations;
using Souk.Identity.Sessions;
using Souk.Platform;
using Souk.Platform.SecurityLog;

namespace Souk.Identity.SecondFactors;

/// <summary>
/// <c>POST /v1/me/second-factors/totp/confirmation</c>: shows by a code that the authenticator works. It is active from now on: every sign-in asks for a code of it.
/// Answers ten recovery codes, which are never shown again. Refused when none was begun within the last hour (409 <c>second_factor_missing</c>), one is active
/// already (409 <c>second_factor_active</c>), or the code is wrong (403 <c>code_wrong</c>). Sessions that there are go on.
/// </summary>
/// <remarks>Whoever lost the answer makes new recovery codes at <c>/v1/me/second-factors/recovery-codes</c>. The code is used: a sign-in takes the next one.</remarks>
internal static class ConfirmTotp
{
    static readonly TimeSpan PendingTime = TimeSpan.FromHours(1);

    public sealed record Request([Required] string? Code);

    sealed record Pending(byte[] Secret, bool IsActive, DateTimeOffset CreatedAt);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/me/second-factors/totp/confirmation", Handle).ForSignedIn().WithName(nameof(ConfirmTotp));

    static async Task<Results<Ok<NewRecoveryCodes>, Error>> Handle(Request request, Caller caller, NpgsqlDataSource db, PersonalData people, SecurityEntries entries, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        if (SecondFactorErrors.RefuseCode(request.Code) is { } invalid) return invalid;
        var (id, now) = (caller.RequiredAccountId, clock.GetUtcNow());
        var pending = await db.QueryFirstAsync(Find, static row => new Pending(row.GetFieldValue<byte[]>(0), row.GetBoolean(1), row.GetFieldValue<DateTimeOffset>(2)), [id], cancel);
        if (pending is { IsActive: true }) return SecondFactorErrors.Active;
        if (pending is null || now - pending.CreatedAt > PendingTime) return SecondFactorErrors.Missing;
        // Wrong codes are not counted: whoever began this was shown the secret.
        if (Totp.Read(request.Code!) is not { } digits || await people.RevealBytesAsync(id, SecondFactorCodes.SecretColumn, pending.Secret, cancel) is not { } secret
            || Totp.FindStep(secret, digits, now) is not { } step) return SecondFactorErrors.Here(SecondFactorErrors.CodeWrong);

        var entry = await entries.MakeAsync(new SecurityNote(SecurityAct.SecondFactorAdded, SecurityActor.Account(id)).Of(id), http, cancel);
        await using var connection = await db.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        // Of two at once, and of one that was begun anew meanwhile, one secret becomes active, with its codes.
        if (await connection.ExecuteAsync(Activate, [id, pending.Secret, step, now], cancel) == 0) return SecondFactorErrors.Active;
        var codes = await RecoveryCodes.ReplaceAsync(connection, id, now, cancel);
        // This session has shown the factor. Others have not: before they remove it they step up.
        await connection.ExecuteAsync(StepUp.Prove, [id, caller.SessionId, now], cancel);
        await connection.AppendSecurityEntryAsync(entry, cancel);
        await transaction.CommitAsync(cancel);
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(new NewRecoveryCodes(codes));
    }

    const string Find = "SELECT secret, active_since IS NOT NULL, created_at FROM identity.totp_factors WHERE account_id = $1";

    const string Activate = """
        UPDATE identity.totp_factors SET active_since = $4, last_used_step = $3 WHERE account_id = $1 AND secret = $2 AND active_since IS NULL
        """;
}
