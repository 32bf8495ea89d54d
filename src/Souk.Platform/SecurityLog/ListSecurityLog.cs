using System.ComponentModel;
using System.Globalization;
using System.Text.Json;
using Souk.Platform.Data;
using Souk.Platform.Http;
using Souk.Platform.Pagination;

namespace Souk.Platform.SecurityLog;

/// <summary>
/// <c>GET /v1/admin/security-log?act=&amp;accountId=&amp;since=&amp;until=&amp;limit=&amp;cursor=</c>: what was noted and sealed, newest first, for staff. With
/// <c>accountId</c> what that account did and what was done to it.
/// </summary>
/// <remarks>Refusals, in this order: 400 <c>query_unknown</c>, 400 <c>act_unknown</c>, 400 <c>time_invalid</c>, 400 for limit or cursor.</remarks>
internal static class ListSecurityLog
{
    sealed record Key(Guid Id);

    /// <param name="Kind">account, api_key, guest, system or nobody: nothing was proved of who asked.</param>
    /// <param name="Id">Of an account, API key or guest.</param>
    public sealed record LoggedActor(string Kind, string? Id);

    /// <param name="Seq">Its place in the chain: 1, 2, 3, … without gaps.</param>
    /// <param name="Hash">With the place a head that can be kept and verified against: <c>souk audit verify --head SEQ:HASH</c>.</param>
    /// <param name="Outcome">begun (let through; noted before it was done), done or refused.</param>
    /// <param name="Target">The id of what was acted upon.</param>
    /// <param name="Address">The IP address it came from; absent when there was none, nobody it belongs to, or that person was erased.</param>
    /// <param name="Details">Codes, ids, numbers; what it was before and after.</param>
    public sealed record LoggedAct(long Seq, string Hash, DateTimeOffset At, string Act, string Outcome, LoggedActor Actor, string? Target, string? Address, JsonElement Details,
        string? TraceId);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/admin/security-log", Handle).ForStaff(Permission.SecurityRead).WithName(nameof(ListSecurityLog));

    static async Task<Results<Ok<Page<LoggedAct>>, Error>> Handle(PageRequest page, [Description("Those of one kind, such as `sign_in_refused`.")] string? act,
        [Description("What this account did and what was done to it.")] string? accountId, [Description("RFC 3339: not before it.")] string? since,
        [Description("RFC 3339: before it.")] string? until, NpgsqlDataSource db, PersonalData people, HttpContext http, CancellationToken cancel)
    {
        if (QueryMembers.RefuseOthers(http, "act", "accountId", "since", "until", "limit", "cursor") is { } unknown) return unknown;
        if (act is not null && SecurityAct.Of(act) is null) return SecurityLogErrors.ActUnknown;
        if (!TryRead(since, out var earliest) || !TryRead(until, out var latest)) return SecurityLogErrors.TimeUnreadable;
        var list = $"security-log {act} {accountId} {since} {until}";
        if (page.From<Key>(list).Refused(out var error, out var start)) return error;

        object?[] slice = [start.Limit + 1, start.Key?.Id, FirstIdAt(earliest), FirstIdAt(latest)];
        // Text that is no account's id names nobody.
        var rows = accountId is not null ? await db.QueryAsync(start.Backward ? NewerOfAccount : OlderOfAccount, SealedEntry.Read,
                [.. slice, SecurityId.TryRead(accountId, out var account) && account.Prefix == SecurityId.Account ? account.Value : Guid.Empty, act], cancel)
            : act is not null ? await db.QueryAsync(start.Backward ? NewerOfAct : OlderOfAct, SealedEntry.Read, [.. slice, act], cancel)
            : await db.QueryAsync(start.Backward ? Newer : Older, SealedEntry.Read, slice, cancel);
        List<(Guid Id, LoggedAct Act)> shown = [];
        foreach (var row in rows) shown.Add((row.Entry.Id, Show(row, await RevealAddressAsync(row.Entry, people, cancel))));

        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Ok(page.Answer(start, list, shown, static row => new Key(row.Id), static row => row.Act));
    }

    static LoggedAct Show(SealedEntry row, string? address) => new(row.Seq, Convert.ToHexStringLower(row.Hash), row.Entry.At, row.Entry.Act, row.Entry.Outcome,
        new(row.Entry.Actor.Kind, row.Entry.Actor.ToId()?.ToString()), row.Entry.Target?.ToString(), address, JsonElement.Parse(row.Entry.Details), row.Entry.TraceId);

    /// <summary>Null when there is none, or the person was erased.</summary>
    internal static async ValueTask<string?> RevealAddressAsync(SecurityEntry entry, PersonalData people, CancellationToken cancel) =>
        entry is { Address: { } address, Person: { } person } ? await people.RevealAsync(person, SecurityEntry.AddressColumn, address, cancel) : null;

    static Guid? FirstIdAt(DateTimeOffset? time) => time is { } at ? SecurityEntry.FirstIdAt(at) : null;

    static bool TryRead(string? text, out DateTimeOffset? time)
    {
        time = null;
        if (text is null) return true;
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var read)) return false;
        time = read;
        return true;
    }

    // Ids begin with the time, so a time is a range of the index that the list goes by.
    const string OlderThan = $"id < least(coalesce($2, {Keyset.Last}), coalesce($4, {Keyset.Last})) AND id >= coalesce($3, {Keyset.First})";
    const string NewerThan = $"id > coalesce($2, {Keyset.First}) AND id >= coalesce($3, {Keyset.First}) AND id < coalesce($4, {Keyset.Last})";

    const string NewestFirst = "ORDER BY id DESC LIMIT $1", OldestFirst = "ORDER BY id LIMIT $1";

    const string Log = $"{SealedEntry.Columns} FROM platform.security_log WHERE";

    const string ByAccount = "actor_id = $5 AND ($6::text IS NULL OR act = $6)", ToAccount = "target_id = $5 AND actor_id IS DISTINCT FROM $5 AND ($6::text IS NULL OR act = $6)";

    // One for each index that serves.
    const string Older = $"SELECT {Log} {OlderThan} {NewestFirst}", OlderOfAct = $"SELECT {Log} act = $5 AND {OlderThan} {NewestFirst}";

    const string Newer = $"SELECT {Log} {NewerThan} {OldestFirst}", NewerOfAct = $"SELECT {Log} act = $5 AND {NewerThan} {OldestFirst}";

    const string OlderOfAccount = $"""
        SELECT {SealedEntry.Columns} FROM (
            (SELECT {Log} {ByAccount} AND {OlderThan} {NewestFirst}) UNION ALL (SELECT {Log} {ToAccount} AND {OlderThan} {NewestFirst})
        ) AS either {NewestFirst}
        """;

    const string NewerOfAccount = $"""
        SELECT {SealedEntry.Columns} FROM (
            (SELECT {Log} {ByAccount} AND {NewerThan} {OldestFirst}) UNION ALL (SELECT {Log} {ToAccount} AND {NewerThan} {OldestFirst})
        ) AS either {OldestFirst}
        """;
}
