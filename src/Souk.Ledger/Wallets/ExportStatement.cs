using System.ComponentModel;
using System.Globalization;
using System.Text;
using Souk.Platform.Money;

namespace Souk.Ledger.Wallets;

/// <summary>
/// <c>GET /v1/me/wallet/statement.csv?currency=&amp;from=&amp;to=</c>: the statement as a CSV file (RFC 4180), oldest first: <c>at,id,type,amount,balance,currency,reference</c>,
/// amounts in minor units. At most <see cref="EntriesMax"/> entries: ask for a shorter time when there are more.
/// </summary>
internal static class ExportStatement
{
    public const int EntriesMax = 20_000;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/me/wallet/statement.csv", Handle).ForSignedIn().WithName(nameof(ExportStatement));

    static async Task<Results<FileStreamHttpResult, Error>> Handle([Description("ISO 4217; default the shop's.")] string? currency,
        [Description("RFC 3339: not before it; default from the beginning.")] string? from, [Description("RFC 3339: before it; default up to now.")] string? to, Caller caller,
        StoredWallets wallets, ShopCurrency shop, NpgsqlDataSource db, HttpContext http, CancellationToken cancel)
    {
        if (QueryMembers.RefuseOthers(http, "currency", "from", "to") is { } unknown) return unknown;
        currency ??= shop.Code;
        if (!Currencies.Exists(currency)) return WalletErrors.CurrencyUnknown;
        if (!TryRead(from, out var since) || !TryRead(to, out var until)) return WalletErrors.TimeUnreadable;

        var account = await WalletEntries.AccountAsync(caller, currency, wallets, cancel);
        var rows = await db.QueryAsync(Between, WalletEntries.Read, [account, since, until, EntriesMax + 1], cancel);
        if (rows.Count > EntriesMax) return WalletErrors.StatementTooLong;
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.File(new MemoryStream(Csv(rows.Select(r => r.Entry))), "text/csv; charset=utf-8", "statement.csv");
    }

    /// <summary>Nothing in it is anybody's free text, so nothing needs quotes, and no cell is a formula.</summary>
    internal static byte[] Csv(IEnumerable<StatementEntry> entries)
    {
        var text = new StringBuilder("at,id,type,amount,balance,currency,reference\r\n");
        foreach (var e in entries)
            text.Append(CultureInfo.InvariantCulture, $"{e.At.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'},{e.Id},{e.Type},{e.Amount.Amount},{e.Balance.Amount},{e.Amount.Currency},{e.Reference}\r\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    internal static bool TryRead(string? text, out DateTimeOffset? time)
    {
        time = null;
        if (text is null) return true;
        // Without a zone it would mean another instant on another server.
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var read)) return false;
        time = read;
        return true;
    }

    const string During = "AND t.created_at >= coalesce($2, '-infinity'::timestamptz) AND t.created_at < coalesce($3, 'infinity'::timestamptz) ORDER BY t.created_at LIMIT $4";

    const string Between = $"""
        SELECT * FROM (({WalletEntries.Debits} {During}) UNION ALL ({WalletEntries.Credits} {During})) AS e ORDER BY e.created_at LIMIT $4
        """;
}
