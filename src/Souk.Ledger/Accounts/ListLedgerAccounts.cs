using System.ComponentModel;
using Souk.Platform.Pagination;

namespace Souk.Ledger.Accounts;

/// <summary>An account of the ledger, as staff see it. Amounts are minor units of its currency and never fall, but for those pending.</summary>
/// <param name="Name">Of a wallet its id, of a clearing account the method of payment, else <c>shop</c>.</param>
/// <param name="CustomerId">Whose wallet it is.</param>
/// <param name="LimitedBy"><c>credits</c>: debits must not exceed them; <c>debits</c>: credits must not exceed them; or <c>none</c>.</param>
/// <param name="Balance">Credits posted less debits posted: positive is what the shop owes or has earned, negative is what it is owed.</param>
internal sealed record LedgerAccountAnswer(LedgerAccountId Id, AccountPurpose Kind, string Name, AccountId? CustomerId, string Currency, AccountLimit LimitedBy,
    long DebitsPosted, long CreditsPosted, long DebitsPending, long CreditsPending, long Balance, DateTimeOffset OpenedAt)
{
    public const string Columns = "a.id, a.kind, a.name, a.customer_id, a.currency, a.limited_by, a.debits_posted, a.credits_posted, a.debits_pending, a.credits_pending, a.opened_at";

    /// <summary>Reads <see cref="Columns"/>.</summary>
    public static LedgerAccountAnswer Read(NpgsqlDataReader row) => new(new(row.GetGuid(0)), LedgerAccount.KindOf(row.GetString(1))!.Value, row.GetString(2),
        row.Nullable<Guid>(3) is { } customer ? new AccountId(customer) : null, row.GetString(4), LedgerAccount.LimitOf(row.GetString(5)), row.GetInt64(6), row.GetInt64(7),
        row.GetInt64(8), row.GetInt64(9), row.GetInt64(7) - row.GetInt64(6), row.GetFieldValue<DateTimeOffset>(10));
}

/// <summary><c>GET /v1/admin/ledger/accounts?kind=&amp;customerId=&amp;limit=&amp;cursor=</c>: the accounts of the ledger, for staff.</summary>
internal static class ListLedgerAccounts
{
    sealed record Key(Guid Id);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/admin/ledger/accounts", Handle).ForStaff(Permission.LedgerRead).WithName(nameof(ListLedgerAccounts));

    static async Task<Results<Ok<Page<LedgerAccountAnswer>>, Error>> Handle(PageRequest page,
        [Description("Those of one kind: `wallet`, `clearing`, `revenue`, `shipping`, `tax`.")] string? kind, [Description("The wallet accounts of one customer.")] AccountId? customerId,
        NpgsqlDataSource db, HttpContext http, CancellationToken cancel)
    {
        if (QueryMembers.RefuseOthers(http, "kind", "customerId", "limit", "cursor") is { } unknown) return unknown;
        if (kind is not null && LedgerAccount.KindOf(kind) is null) return LedgerErrors.KindUnknown;
        var list = $"ledger accounts {kind} {customerId}";
        if (page.From<Key>(list).Refused(out var error, out var start)) return error;

        object?[] slice = [start.Limit + 1, start.Key?.Id];
        var rows = customerId is { } customer ? await db.QueryAsync(start.Backward ? EarlierOfCustomer : LaterOfCustomer, LedgerAccountAnswer.Read, [.. slice, customer.Value, kind], cancel)
            : kind is not null ? await db.QueryAsync(start.Backward ? EarlierOfKind : LaterOfKind, LedgerAccountAnswer.Read, [.. slice, kind], cancel)
            : await db.QueryAsync(start.Backward ? Earlier : Later, LedgerAccountAnswer.Read, slice, cancel);
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Ok(page.Answer(start, list, rows, static account => new Key(account.Id.Value), static account => account));
    }

    const string After = $"a.id > coalesce($2, {Keyset.First}) ORDER BY a.id LIMIT $1", Before = $"a.id < coalesce($2, {Keyset.Last}) ORDER BY a.id DESC LIMIT $1";

    const string Accounts = $"{LedgerAccountAnswer.Columns} FROM ledger.accounts a WHERE ";

    // A customer has few.
    const string OfCustomer = "a.customer_id = $3 AND ($4::text IS NULL OR a.kind = $4) AND ", OfKind = "a.kind = $3 AND ";

    const string Later = "SELECT " + Accounts + After, LaterOfKind = "SELECT " + Accounts + OfKind + After, LaterOfCustomer = "SELECT " + Accounts + OfCustomer + After;

    const string Earlier = "SELECT " + Accounts + Before, EarlierOfKind = "SELECT " + Accounts + OfKind + Before, EarlierOfCustomer = "SELECT " + Accounts + OfCustomer + Before;
}
