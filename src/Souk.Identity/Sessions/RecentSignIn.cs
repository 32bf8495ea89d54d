using Souk.Identity.SecondFactors;

namespace Souk.Identity.Sessions;

/// <summary>
/// For what a device left open, or a stolen token, must not do: the session must have been begun, or stepped up (<see cref="StepUp"/>), within
/// <c>Identity:StepUpMinutes</c>, and not before the account had its second factor: a session that the password alone began must not remove that. Else 403
/// <c>step_up_required</c>, with the ways to prove it. Reads the row of the session, on these routes alone.
/// </summary>
internal static class RecentSignIn
{
    sealed record Proved(DateTimeOffset At, DateTimeOffset? FactorSince);

    public static RouteHandlerBuilder RequiresRecentSignIn(this RouteHandlerBuilder route) => route.AddEndpointFilter(static async (context, next) =>
        await RefuseAsync(context.HttpContext) is { } error ? error : await next(context));

    static async Task<Error?> RefuseAsync(HttpContext http)
    {
        var services = http.RequestServices;
        var caller = Caller.Of(http.User);
        var proved = await services.GetRequiredService<NpgsqlDataSource>().QueryFirstAsync(Find,
            static row => new Proved(row.GetFieldValue<DateTimeOffset>(0), row.Nullable<DateTimeOffset>(1)), [caller.AccountId, caller.SessionId], http.RequestAborted);
        if (proved is null) return SessionErrors.AccessTokenInvalid;
        var oldest = services.GetRequiredService<TimeProvider>().GetUtcNow().AddMinutes(-services.GetRequiredService<IdentityOptions>().StepUpMinutes);
        return proved.At >= oldest && (proved.FactorSince is null || proved.At >= proved.FactorSince) ? null : SecondFactorErrors.StepUpRequired(proved.FactorSince is not null);
    }

    const string Find = """
        SELECT coalesce(s.authenticated_at, s.created_at), f.active_since
        FROM identity.sessions s LEFT JOIN identity.totp_factors f ON f.account_id = s.account_id
        WHERE s.account_id = $1 AND s.id = $2 AND s.revoked_at IS NULL
        """;
}
