using Souk.Identity.Passwords;
using Souk.Identity.SecondFactors;

namespace Souk.Identity.Sessions;

/// <summary>
/// <c>POST /v1/me/step-up</c>: proves once more that it is you, for what 403 <c>step_up_required</c> was answered to: that works for this session again. With a
/// second factor by a <c>code</c>, which is also asked of who knows the password; without by <c>currentPassword</c>. A wrong one is refused (403 <c>code_wrong</c>,
/// 403 <c>password_wrong</c>); after many wrong codes none of the authenticator is looked at for a while (429 <c>codes_too_many</c>).
/// </summary>
internal static class StepUp
{
    /// <param name="CurrentPassword">Of an account without a second factor.</param>
    /// <param name="Code">Of the authenticator, or a recovery code.</param>
    public sealed record Request(string? CurrentPassword, string? Code);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/me/step-up", Handle).ForSignedIn().WithName(nameof(StepUp));

    static async Task<Results<NoContent, Error>> Handle(Request request, Caller caller, NpgsqlDataSource db, CurrentPassword password, SecondFactorCodes codes,
        TimeProvider clock, CancellationToken cancel)
    {
        var id = caller.RequiredAccountId;
        SecondFactorCodes.Proof? proof = null;
        if (await codes.HasFactorAsync(id, cancel))
        {
            if (SecondFactorErrors.RefuseCode(request.Code) is { } noCode) return noCode;
            if ((await codes.CheckAsync(id, request.Code!, cancel)).Refused(out var wrongCode, out proof)) return SecondFactorErrors.Here(wrongCode);
        }
        else
        {
            if (string.IsNullOrEmpty(request.CurrentPassword)) return Error.Invalid("/currentPassword", "The password of today is needed.");
            if (await password.RefuseAsync(caller, request.CurrentPassword, cancel) is { } wrongPassword) return wrongPassword;
        }

        await using var connection = await db.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (proof is not null && !await codes.UseAsync(connection, proof, cancel)) return SecondFactorErrors.Here(SecondFactorErrors.CodeWrong);
        // Ended on another node a moment ago.
        if (await connection.ExecuteAsync(Prove, [id, caller.SessionId, clock.GetUtcNow()], cancel) == 0) return SessionErrors.AccessTokenInvalid;
        await transaction.CommitAsync(cancel);
        return TypedResults.NoContent();
    }

    internal const string Prove = "UPDATE identity.sessions SET authenticated_at = $3 WHERE account_id = $1 AND id = $2 AND revoked_at IS NULL";
}
