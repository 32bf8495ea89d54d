using Souk.Platform.SecurityLog;

namespace Souk.Identity.Sessions;

/// <summary>
/// <c>DELETE /v1/me/sessions?except=</c>: ends all of one's sessions, this one too; with <c>except=current</c> all but this one. Every node refuses their tokens
/// within 2 s. Idempotent. Another value of <c>except</c> is refused (400 <c>filter_invalid</c>) and ends none.
/// </summary>
internal static class EndSessions
{
    const string Except = "except", Current = "current";

    public static void Map(IEndpointRouteBuilder routes) => routes.MapDelete("/v1/me/sessions", Handle).ForSignedIn()
        .Takes(new QueryMember(Except, typeof(string), "Spares the session that asks.", [Current])).WithName(nameof(EndSessions));

    static async Task<Results<NoContent, Error>> Handle(Caller caller, NpgsqlDataSource db, RevokedSessions revoked, SecurityEntries entries, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        if (QueryMembers.RefuseOthers(http, Except) is { } unknown) return unknown;
        var spares = http.Request.Query.TryGetValue(Except, out var given);
        if (spares && given != Current) return SessionErrors.ExceptUnknown;
        var account = caller.RequiredAccountId;
        var entry = await entries.MakeAsync(new SecurityNote(SecurityAct.SessionsEnded, SecurityActor.Account(account)) { Details = new SecurityDetails().Flag("sparesOwn", spares) }
            .Of(account), http, cancel);
        await using (var connection = await db.OpenConnectionAsync(cancel))
        await using (var transaction = await connection.BeginTransactionAsync(cancel))
        {
            var ended = await connection.QueryAsync(RevokedSessions.RevokeAll, static row => row.GetGuid(0), [account, spares ? caller.SessionId : null, clock.GetUtcNow(), "revoked"], cancel);
            if (ended.Count > 0) await connection.AppendSecurityEntryAsync(entry, cancel);
            await transaction.CommitAsync(cancel);
            revoked.Announce(ended);
        }
        if (!spares) CookieSessions.ClearOwn(http);
        return TypedResults.NoContent();
    }
}
