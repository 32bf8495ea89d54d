using Souk.Ledger.Accounts;
using Souk.Ledger.Wallets;
using Souk.Platform.Pagination;

namespace Souk.Ledger.Transfers;

/// <summary><c>GET /v1/admin/ledger/accounts/{id}/transfers?limit=&amp;cursor=</c>: every transfer of an account, newest first, for staff.</summary>
internal static class ListLedgerTransfers
{
    sealed record Key(long Place);

    /// <param name="Code">Why: <c>top_up</c>, <c>order_payment</c>, <c>sale_goods</c>, …</param>
    /// <param name="Phase"><c>single</c> moves at once; <c>pending</c> sets aside, until one <c>post</c>, <c>void</c> or <c>expire</c> ends that.</param>
    /// <param name="PendingId">What it ends.</param>
    /// <param name="DebitBalance">Credits posted less debits posted of the debited account, right after it.</param>
    internal sealed record LedgerTransfer(TransferId Id, LedgerAccountId DebitAccountId, LedgerAccountId CreditAccountId, Money Amount, string Code, TransferPhase Phase, TransferId? PendingId,
        int? TimeoutSeconds, long DebitBalance, long CreditBalance, DateTimeOffset CreatedAt);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/admin/ledger/accounts/{id}/transfers", Handle).ForStaff(Permission.LedgerRead).WithName(nameof(ListLedgerTransfers));

    static async Task<Results<Ok<Page<LedgerTransfer>>, Error>> Handle(LedgerAccountId id, PageRequest page, NpgsqlDataSource db, HttpContext http, CancellationToken cancel)
    {
        if (QueryMembers.RefuseOthers(http, "limit", "cursor") is { } unknown) return unknown;
        var list = $"transfers of {id}";
        if (page.From<Key>(list).Refused(out var error, out var start)) return error;
        if (!await db.QueryFirstAsync(Exists, static row => row.GetBoolean(0), [id.Value], cancel)) return LedgerErrors.AccountNotFound;

        DateTimeOffset? from = start.Key is { } key ? WalletEntries.TimeOf(key.Place) : null;
        var rows = await db.QueryAsync(start.Backward ? Newer : Older, StoredTransfer.Read, [id.Value, from, start.Limit + 1], cancel);
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Ok(page.Answer(start, list, rows, static row => new Key(WalletEntries.PlaceOf(row.CreatedAt)), Show));
    }

    static LedgerTransfer Show(StoredTransfer t) => new(new(t.Id), new(t.DebitAccountId), new(t.CreditAccountId), new(t.Amount, t.Currency), t.Code, t.Phase,
        t.PendingId is { } pending ? new TransferId(pending) : null, t.TimeoutSeconds, t.DebitBalance, t.CreditBalance, t.CreatedAt);

    const string Exists = "SELECT EXISTS (SELECT FROM ledger.accounts WHERE id = $1)";

    const string Debits = $"SELECT {StoredTransfer.Columns} FROM ledger.transfers t WHERE t.debit_account_id = $1";

    const string Credits = $"SELECT {StoredTransfer.Columns} FROM ledger.transfers t WHERE t.credit_account_id = $1";

    const string OlderThan = "AND t.created_at < coalesce($2, 'infinity'::timestamptz) ORDER BY t.created_at DESC LIMIT $3";

    const string NewerThan = "AND t.created_at > coalesce($2, '-infinity'::timestamptz) ORDER BY t.created_at LIMIT $3";

    const string Older = $"SELECT * FROM (({Debits} {OlderThan}) UNION ALL ({Credits} {OlderThan})) AS t ORDER BY t.created_at DESC LIMIT $3";

    const string Newer = $"SELECT * FROM (({Debits} {NewerThan}) UNION ALL ({Credits} {NewerThan})) AS t ORDER BY t.created_at LIMIT $3";
}
