namespace Souk.Ledger.Accounts;

/// <summary>
/// <c>GET /v1/admin/ledger/trial-balance</c>: all accounts of each kind and currency summed up at one moment, for staff. In every currency debits equal credits, or
/// the books are wrong.
/// </summary>
internal static class ReadTrialBalance
{
    internal sealed record TrialBalance(IReadOnlyList<TrialBalanceCurrency> Currencies);

    /// <param name="IsBalanced">Debits equal credits, posted and pending.</param>
    internal sealed record TrialBalanceCurrency(string Currency, bool IsBalanced, long DebitsPosted, long CreditsPosted, long DebitsPending, long CreditsPending, IReadOnlyList<TrialBalanceRow> Kinds);

    /// <param name="Accounts">How many there are.</param>
    internal sealed record TrialBalanceRow(AccountPurpose Kind, string Name, long Accounts, long DebitsPosted, long CreditsPosted, long DebitsPending, long CreditsPending);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/admin/ledger/trial-balance", Handle).ForStaff(Permission.LedgerRead).WithName(nameof(ReadTrialBalance));

    static async Task<Ok<TrialBalance>> Handle(NpgsqlDataSource db, HttpContext http, CancellationToken cancel)
    {
        var rows = await db.QueryAsync(Sum, static row => (Currency: row.GetString(0), Row: new TrialBalanceRow(LedgerAccount.KindOf(row.GetString(1))!.Value, row.GetString(2), row.GetInt64(3),
            row.GetInt64(4), row.GetInt64(5), row.GetInt64(6), row.GetInt64(7))), [], cancel);
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Ok(new TrialBalance([.. rows.GroupBy(r => r.Currency, r => r.Row, static (currency, kinds) => Of(currency, [.. kinds]))]));
    }

    internal static TrialBalanceCurrency Of(string currency, IReadOnlyList<TrialBalanceRow> kinds)
    {
        var (debits, credits, debitsPending, creditsPending) = (kinds.Sum(k => k.DebitsPosted), kinds.Sum(k => k.CreditsPosted), kinds.Sum(k => k.DebitsPending), kinds.Sum(k => k.CreditsPending));
        return new(currency, debits == credits && debitsPending == creditsPending, debits, credits, debitsPending, creditsPending, kinds);
    }

    // Every wallet has a name of its own; here they are one.
    const string Sum = """
        SELECT currency, kind, CASE WHEN kind = 'wallet' THEN 'customers' ELSE name END AS name, count(*), sum(debits_posted)::bigint, sum(credits_posted)::bigint,
               sum(debits_pending)::bigint, sum(credits_pending)::bigint
        FROM ledger.accounts GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        """;
}
