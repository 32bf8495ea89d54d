using System.ComponentModel;
using Souk.Platform.Money;
using Souk.Platform.Pagination;

namespace Souk.Ledger.Wallets;

/// <summary><c>GET /v1/me/wallet/statement?currency=&amp;limit=&amp;cursor=</c>: what moved money into or out of one's wallet, newest first, each with the balance after it.</summary>
internal static class ReadStatement
{
    sealed record Key(long Place);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/me/wallet/statement", Handle).ForSignedIn().WithName(nameof(ReadStatement));

    static async Task<Results<Ok<Page<StatementEntry>>, Error>> Handle(PageRequest page, [Description("ISO 4217; default the shop's.")] string? currency, Caller caller,
        StoredWallets wallets, ShopCurrency shop, NpgsqlDataSource db, HttpContext http, CancellationToken cancel)
    {
        if (QueryMembers.RefuseOthers(http, "currency", "limit", "cursor") is { } unknown) return unknown;
        currency ??= shop.Code;
        if (!Currencies.Exists(currency)) return WalletErrors.CurrencyUnknown;
        var list = $"statement {caller.RequiredAccountId} {currency}";
        if (page.From<Key>(list).Refused(out var error, out var start)) return error;

        var account = await WalletEntries.AccountAsync(caller, currency, wallets, cancel);
        DateTimeOffset? from = start.Key is { } key ? WalletEntries.TimeOf(key.Place) : null;
        var rows = await db.QueryAsync(start.Backward ? Newer : Older, WalletEntries.Read, [account, from, start.Limit + 1], cancel);
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Ok(page.Answer(start, list, rows, static row => new Key(row.Place), static row => row.Entry));
    }

    const string OlderThan = "AND t.created_at < coalesce($2, 'infinity'::timestamptz) ORDER BY t.created_at DESC LIMIT $3";

    const string NewerThan = "AND t.created_at > coalesce($2, '-infinity'::timestamptz) ORDER BY t.created_at LIMIT $3";

    const string Older = $"""
        SELECT * FROM (({WalletEntries.Debits} {OlderThan}) UNION ALL ({WalletEntries.Credits} {OlderThan})) AS e ORDER BY e.created_at DESC LIMIT $3
        """;

    const string Newer = $"""
        SELECT * FROM (({WalletEntries.Debits} {NewerThan}) UNION ALL ({WalletEntries.Credits} {NewerThan})) AS e ORDER BY e.created_at LIMIT $3
        """;
}
