using Souk.Platform;
using Souk.Platform.Pagination;

namespace Souk.Identity.Sessions;

/// <summary>A session as its owner sees it.</summary>
/// <param name="Mode"><c>token</c> or <c>cookie</c>.</param>
/// <param name="Device">Browser and system, or the program, as it called itself at the sign-in; absent when it said nothing.</param>
/// <param name="Address">The IP address at the sign-in.</param>
/// <param name="LastSeenAt">When it was refreshed last; of a cookie, to about an hour.</param>
/// <param name="IsCurrent">True for the one that asks.</param>
internal sealed record Session(SessionId Id, string Mode, string? Device, string? Address, DateTimeOffset CreatedAt, DateTimeOffset LastSeenAt, bool IsCurrent);

/// <summary><c>GET /v1/me/sessions?limit=&amp;cursor=</c>: where one is signed in, the latest sign-in first. Sessions that have ended are not among them.</summary>
internal static class ListSessions
{
    const string List = "sessions";

    sealed record Key(Guid Id);

    sealed record Row(Guid Id, string Mode, byte[]? Device, byte[]? Address, DateTimeOffset CreatedAt, DateTimeOffset LastSeenAt);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/me/sessions", Handle).ForSignedIn().WithName(nameof(ListSessions));

    static async Task<Results<Ok<Page<Session>>, Error>> Handle(PageRequest page, Caller caller, NpgsqlDataSource db, PersonalData people, TimeProvider clock, HttpContext http,
        CancellationToken cancel)
    {
        if (page.From<Key>(List).Refused(out var error, out var start)) return error;
        var id = caller.RequiredAccountId;
        var rows = await db.QueryAsync(start.Backward ? Newer : Older, Read, [id, start.Limit + 1, start.Key?.Id, clock.GetUtcNow()], cancel);
        var sessions = new List<Session>(rows.Count);
        foreach (var row in rows)
            sessions.Add(new(new(row.Id), row.Mode,
                row.Device is null ? null : await people.RevealAsync(id, SessionOrigin.DeviceColumn, row.Device, cancel),
                row.Address is null ? null : await people.RevealAsync(id, SessionOrigin.AddressColumn, row.Address, cancel),
                row.CreatedAt, row.LastSeenAt, IsCurrent: row.Id == caller.SessionId));
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Ok(page.Answer(start, List, sessions, static session => new Key(session.Id.Value), static session => session));
    }

    static Row Read(NpgsqlDataReader row) => new(row.GetGuid(0), row.GetString(1), row.IsDBNull(2) ? null : row.GetFieldValue<byte[]>(2),
        row.IsDBNull(3) ? null : row.GetFieldValue<byte[]>(3), row.GetFieldValue<DateTimeOffset>(4), row.GetFieldValue<DateTimeOffset>(5));

    // Ids are made when sessions begin, so their order is that of time.
    const string Older = $"""
        SELECT id, mode, device, address, created_at, coalesce(last_seen_at, created_at) FROM identity.sessions
        WHERE account_id = $1 AND id < coalesce($3, {Keyset.Last}) AND revoked_at IS NULL AND idle_until > $4
        ORDER BY id DESC LIMIT $2
        """;

    const string Newer = $"""
        SELECT id, mode, device, address, created_at, coalesce(last_seen_at, created_at) FROM identity.sessions
        WHERE account_id = $1 AND id > coalesce($3, {Keyset.First}) AND revoked_at IS NULL AND idle_until > $4
        ORDER BY id LIMIT $2
        """;
}
