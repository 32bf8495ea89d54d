using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Souk.Platform.Http;

namespace Souk.Platform.Pagination;

/// <summary>
/// <c>?limit=</c> (1..100, default 20) and <c>?cursor=</c> (opaque, signed, good only for the list and filters it came from).
/// A handler takes it as a parameter, reads <see cref="From"/>, fetches <c>limit + 1</c> rows and ends with <see cref="Answer"/>.
/// </summary>
public sealed class PageRequest
{
    public const int LimitDefault = 20, LimitMax = 100;

    readonly HttpContext http;

    PageRequest(HttpContext http) => this.http = http;

    public static ValueTask<PageRequest> BindAsync(HttpContext http, ParameterInfo _) => ValueTask.FromResult(new PageRequest(http));

    /// <summary>The keyset position to start from.</summary>
    /// <param name="Limit">Rows a page shows; fetch one more to learn whether there is a next.</param>
    /// <param name="Backward">True: fetch the rows before the key, nearest first; <see cref="Answer"/> turns them round.</param>
    /// <param name="Key">The sort key of the row next to the page (as the list wrote it), or null for the first page.</param>
    public sealed record Start<TKey>(int Limit, bool Backward, TKey? Key) where TKey : class;

    /// <summary>Reads limit and cursor; 400 for a limit out of range or a cursor of another list.</summary>
    /// <param name="list">Names the list with its sort and filters: a cursor of another is refused.</param>
    public Result<Start<TKey>> From<TKey>(string list) where TKey : class
    {
        var limit = LimitDefault;
        if (http.Request.Query.TryGetValue("limit", out var limits)
            && (!int.TryParse(limits.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > LimitMax))
            return Error.Malformed("limit_invalid", $"limit is a whole number from 1 to {LimitMax}.");
        if (!http.Request.Query.TryGetValue("cursor", out var cursors)) return new Start<TKey>(limit, false, null);
        return Signer.Read<TKey>(cursors.ToString(), list) is var (backward, key)
            ? new Start<TKey>(limit, backward, key)
            : Error.Malformed("cursor_invalid", "This cursor does not belong to this list with these filters. Start without a cursor and follow nextCursor.");
    }

    /// <summary>Makes the page of up to <c>limit + 1</c> fetched rows and sets the Link header (RFC 8288).</summary>
    public Page<TItem> Answer<TRow, TKey, TItem>(Start<TKey> start, string list, IReadOnlyList<TRow> rows, Func<TRow, TKey> keyOf, Func<TRow, TItem> itemOf)
        where TKey : class
    {
        var (page, link) = Maker().Make(start, list, rows, keyOf, itemOf);
        if (link is not null) http.Response.Headers.Link = link;
        return page;
    }

    /// <summary>What makes the page without the request, for an answer that outlives it.</summary>
    public PageMaker Maker() => new(Signer, $"{http.Request.PathBase}{http.Request.Path}",
        [.. http.Request.Query.Where(q => q.Key != "cursor").SelectMany(q => q.Value, (q, value) => KeyValuePair.Create(q.Key, value))]);

    CursorSigner Signer => http.RequestServices.GetRequiredService<CursorSigner>();
}

/// <summary>Makes pages of one list.</summary>
/// <param name="query">The members of the list's address but for the cursor.</param>
public sealed class PageMaker(CursorSigner signer, string path, IReadOnlyList<KeyValuePair<string, string?>> query)
{
    /// <summary>The page of up to <c>limit + 1</c> fetched rows, and its Link header (RFC 8288); null when it is the only one.</summary>
    public (Page<TItem> Page, string? Link) Make<TRow, TKey, TItem>(PageRequest.Start<TKey> start, string list, IReadOnlyList<TRow> rows, Func<TRow, TKey> keyOf,
        Func<TRow, TItem> itemOf) where TKey : class
    {
        var more = rows.Count > start.Limit;
        var shown = rows.Take(start.Limit).ToList();
        if (start.Backward) shown.Reverse();

        // Walking backward there is always a page after this one: the page we came from.
        string? next = null, previous = null;
        if (shown.Count > 0)
        {
            if (start.Backward || more) next = signer.Write(false, keyOf(shown[^1]), list);
            if (start.Backward ? more : start.Key is not null) previous = signer.Write(true, keyOf(shown[0]), list);
        }
        var links = new[] { (next, "next"), (previous, "prev") }.Where(l => l.Item1 is not null)
            .Select(l => $"<{Address(l.Item1!)}>; rel=\"{l.Item2}\"");
        return (new([.. shown.Select(itemOf)], next, previous), next is null && previous is null ? null : string.Join(", ", links));
    }

    string Address(string cursor) => $"{path}{QueryString.Create(query.Append(new("cursor", cursor)))}";
}

/// <summary>Signs cursors, so that a caller can neither read rows by a made-up key nor send one list's cursor to another.</summary>
public sealed class CursorSigner(byte[] secret)
{
    const int SignatureBytes = 16, CursorMax = 1_000;

    internal string Write<TKey>(bool backward, TKey key, string list)
    {
        var payload = JsonSerializer.SerializeToUtf8Bytes(new Position<TKey>(backward, key), Json.Options);
        return System.Buffers.Text.Base64Url.EncodeToString([.. Sign(payload, list), .. payload]);
    }

    internal (bool Backward, TKey Key)? Read<TKey>(string cursor, string list)
    {
        if (cursor.Length > CursorMax || !System.Buffers.Text.Base64Url.IsValid(cursor)) return null;
        var bytes = System.Buffers.Text.Base64Url.DecodeFromChars(cursor);
        if (bytes.Length <= SignatureBytes) return null;
        var payload = bytes.AsSpan(SignatureBytes);
        if (!CryptographicOperations.FixedTimeEquals(bytes.AsSpan(0, SignatureBytes), Sign(payload, list))) return null;
        var position = JsonSerializer.Deserialize<Position<TKey>>(payload, Json.Options)!;
        return (position.Backward, position.Key);
    }

    byte[] Sign(ReadOnlySpan<byte> payload, string list)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret);
        hash.AppendData(Encoding.UTF8.GetBytes(list));
        hash.AppendData([0]);
        hash.AppendData(payload);
        return hash.GetHashAndReset()[..SignatureBytes];
    }

    sealed record Position<TKey>(bool Backward, TKey Key);
}
