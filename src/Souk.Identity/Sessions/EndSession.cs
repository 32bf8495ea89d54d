using Souk.Platform.SecurityLog;

namespace Souk.Identity.Sessions;

/// <summary>
/// <c>DELETE /v1/me/sessions/{id}</c>: ends one of one's sessions, this or another. Every node refuses its tokens within 2 s. Idempotent for one that has ended; 404
/// <c>session_not_found</c> for one that is not one's own.
/// </summary>
internal static class EndSession
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapDelete("/v1/me/sessions/{id}", Handle).ForSignedIn().WithName(nameof(EndSession));

    static async Task<Results<NoContent, Error>> Handle(SessionId id, Caller caller, NpgsqlDataSource db, RevokedSessions revoked, SecurityEntries entries, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        var account = caller.RequiredAccountId;
        var entry = await entries.MakeAsync(new SecurityNote(SecurityAct.SessionsEnded, SecurityActor.Account(account)).OfSession(id.Value), http, cancel);
        var ended = await db.QueryAsync(RevokeOne, static row => row.GetGuid(0), [account, id.Value, clock.GetUtcNow(), entry.ToParameter()], cancel);
        if (ended.Count == 0 && !await db.QueryFirstAsync(Exists, static row => row.GetBoolean(0), [account, id.Value], cancel)) return SessionErrors.NotFound;
        revoked.Announce(ended);
        if (id.Value == caller.SessionId) CookieSessions.ClearOwn(http);
        return TypedResults.NoContent();
    }

    const string RevokeOne = $"""
        WITH ended AS (
            UPDATE identity.sessions SET revoked_at = $3, revoked_because = 'revoked' WHERE account_id = $1 AND id = $2 AND revoked_at IS NULL RETURNING id
        ), logged AS (
            {AppendEntry.From} SELECT entry.* FROM ended, jsonb_to_record($4) {AppendEntry.Given}
        )
        SELECT id FROM ended
        """;

    const string Exists = "SELECT EXISTS (SELECT FROM identity.sessions WHERE account_id = $1 AND id = $2)";
}
