using Souk.Ledger.Accounts;

namespace Souk.Ledger.Wallets;

/// <summary>A line of a wallet's statement.</summary>
/// <param name="Type"><c>top_up</c>, <c>order_payment</c>, <c>wallet_transfer</c>.</param>
/// <param name="Amount">Positive: it came into the wallet.</param>
/// <param name="Balance">What was in the wallet right after it, held amounts included.</param>
/// <param name="Reference">What it belongs to: <c>topup_…</c>, <c>pay_…</c>, or the other wallet, <c>wal_…</c>.</param>
internal sealed record StatementEntry(TransferId Id, string Type, Money Amount, Money Balance, string? Reference, DateTimeOffset At);

/// <summary>The entries of a wallet: what moved money into or out of it. What was only held and given back is none.</summary>
internal static class WalletEntries
{
    /// <summary>A row with its place in the list: microseconds since 1970, of which each entry of an account has its own.</summary>
    public sealed record Row(long Place, StatementEntry Entry);

    /// <summary>The account of the caller's wallet, open or not; entries are asked for by its id.</summary>
    public static async Task<Guid> AccountAsync(Caller caller, string currency, StoredWallets wallets, CancellationToken cancel) =>
        LedgerAccount.WalletOf(caller.RequiredAccountId, await wallets.OfAsync(caller.RequiredAccountId, cancel), currency).Id;

    /// <summary>Reads <see cref="Debits"/> and <see cref="Credits"/>.</summary>
    public static Row Read(NpgsqlDataReader row)
    {
        var (code, currency, at) = (row.GetString(1), row.GetString(2), row.GetFieldValue<DateTimeOffset>(5));
        var reference = code switch
        {
            TransferToWallet.Code => row.NullableString(7),
            HoldInWallet.HoldCode => row.Nullable<Guid>(6) is { } id ? new PaymentId(id).ToString() : null,
            HoldInWallet.TopUpCode => row.Nullable<Guid>(6) is { } id ? new TopUpId(id).ToString() : null,
            _ => null,
        };
        return new(PlaceOf(at), new(new(row.GetGuid(0)), code, new(row.GetInt64(3), currency), new(row.GetInt64(4), currency), reference, at));
    }

    public static long PlaceOf(DateTimeOffset at) => (at - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset TimeOf(long place) => DateTimeOffset.UnixEpoch.AddTicks(place * TimeSpan.TicksPerMicrosecond);

    /// <summary>The two sides of account <c>$1</c>, to be continued with the same range of <c>t.created_at</c>.</summary>
    public const string Debits = """
        SELECT t.id, t.code, t.currency, -t.amount AS amount, t.debit_balance AS balance, t.created_at, t.reference, o.name
        FROM ledger.transfers t JOIN ledger.accounts o ON o.id = t.credit_account_id
        WHERE t.debit_account_id = $1 AND t.phase IN ('single', 'post')
        """;

    public const string Credits = """
        SELECT t.id, t.code, t.currency, t.amount, t.credit_balance AS balance, t.created_at, t.reference, o.name
        FROM ledger.transfers t JOIN ledger.accounts o ON o.id = t.debit_account_id
        WHERE t.credit_account_id = $1 AND t.phase IN ('single', 'post')
        """;
}
