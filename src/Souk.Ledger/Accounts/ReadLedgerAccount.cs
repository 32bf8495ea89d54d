using System.ComponentModel;
using Souk.Ledger.Wallets;

namespace Souk.Ledger.Accounts;

/// <summary>
/// <c>GET /v1/admin/ledger/accounts/{id}?at=</c>: an account as it is, or as it was at a moment, which is told from its transfers: those up to that moment are
/// what its counters are now, less what came since.
/// </summary>
internal static class ReadLedgerAccount
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/admin/ledger/accounts/{id}", Handle).ForStaff(Permission.LedgerRead).WithName(nameof(ReadLedgerAccount));

    static async Task<Results<Ok<LedgerAccountAnswer>, Error>> Handle(LedgerAccountId id, [Description("RFC 3339; default now. Before the account was opened there is none.")] string? at,
        NpgsqlDataSource db, HttpContext http, CancellationToken cancel)
    {
        if (QueryMembers.RefuseOthers(http, "at") is { } unknown) return unknown;
        if (!ExportStatement.TryRead(at, out var moment)) return WalletErrors.TimeUnreadable;
        var account = moment is { } then ? await db.QueryFirstAsync(FindAt, LedgerAccountAnswer.Read, [id.Value, then], cancel)
            : await db.QueryFirstAsync(Find, LedgerAccountAnswer.Read, [id.Value], cancel);
        http.Response.Headers.CacheControl = "private, no-store";
        return account is null ? LedgerErrors.AccountNotFound : TypedResults.Ok(account);
    }

    const string Find = $"SELECT {LedgerAccountAnswer.Columns} FROM ledger.accounts a WHERE a.id = $1";

    /// <summary>What a transfer added to posted and to pending: of either side the same.</summary>
    const string Since = """
        coalesce(sum(t.amount) FILTER (WHERE t.phase IN ('single', 'post')), 0)::bigint AS posted,
        (coalesce(sum(t.amount) FILTER (WHERE t.phase = 'pending'), 0) - coalesce(sum(t.pending_amount), 0))::bigint AS pending
        FROM ledger.transfers t
        """;

    // One statement, hence one moment: counters and transfers are of the same.
    const string FindAt = $"""
        SELECT a.id, a.kind, a.name, a.customer_id, a.currency, a.limited_by, a.debits_posted - d.posted, a.credits_posted - c.posted, a.debits_pending - d.pending,
               a.credits_pending - c.pending, a.opened_at
        FROM ledger.accounts a
        CROSS JOIN LATERAL (SELECT {Since} WHERE t.debit_account_id = a.id AND t.created_at > $2) AS d
        CROSS JOIN LATERAL (SELECT {Since} WHERE t.credit_account_id = a.id AND t.created_at > $2) AS c
        WHERE a.id = $1 AND a.opened_at <= $2
        """;
}
