using Souk.Identity.Tokens;
using Souk.Platform.SecurityLog;

namespace Souk.Identity.Sessions;

/// <summary>
/// <c>DELETE /v1/sessions/current</c>: ends the session of the access token or cookie. Every node refuses its tokens within 2 s. Idempotent: an
/// expired token, or one whose session has ended, gets the same 204; a token that was never ours gets 401.
/// </summary>
internal static class SignOut
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapDelete("/v1/sessions/current", Handle).ForEveryone().WithMetadata(IgnoresCaller.Instance, ReadsSignIn.Instance).WithName(nameof(SignOut));

    static async Task<Results<NoContent, Error>> Handle(NpgsqlDataSource db, AccessTokens accessTokens, CookieSessions cookies, CsrfTokens csrf,
        RevokedSessions revoked, SecurityEntries entries, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        (Guid AccountId, Guid SessionId)? ending = null;
        if (SoukAuthentication.BearerOf(http.Request) is { } bearer)
        {
            if (await accessTokens.CheckAsync(bearer, evenExpired: true, cancel) is not { } claims) return SessionErrors.AccessTokenInvalid;
            ending = (claims.AccountId, claims.SessionId);
        }
        else if (await cookies.FindAsync(http, cancel) is { } living)
        {
            if (!csrf.Allows(http.Request)) return SessionErrors.CsrfTokenInvalid;
            ending = (living.AccountId, living.SessionId);
        }

        if (http.Request.Cookies.ContainsKey(CookieSessions.Name)) CookieSessions.Clear(http);
        if (ending is var (account, session))
        {
            var entry = await entries.MakeAsync(new SecurityNote(SecurityAct.SignedOut, SecurityActor.Account(account)).OfSession(session), http, cancel);
            revoked.Announce(await db.QueryAsync(End, static row => row.GetGuid(0), [account, session, clock.GetUtcNow(), "signed_out", entry.ToParameter()], cancel));
        }
        return TypedResults.NoContent();
    }

    const string End = $"""
        WITH ended AS ({RevokedSessions.RevokeOne}), logged AS (
            {AppendEntry.From} SELECT entry.* FROM ended, jsonb_to_record($5) {AppendEntry.Given}
        )
        SELECT id FROM ended
        """;
}
