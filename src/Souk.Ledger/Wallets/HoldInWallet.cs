using Souk.Contracts;
using Souk.Ledger.Accounts;
using Souk.Ledger.Transfers;

namespace Souk.Ledger.Wallets;

/// <summary>
/// What payments do with wallets. An amount is held by a pending transfer from the wallet to the clearing account of wallets, under an id that follows from the
/// payment's; it is posted when the order is paid (<see cref="Sales.PostSale"/>) and voided when the order would not take it.
/// </summary>
internal sealed class HoldInWallet(NpgsqlDataSource db, TimeProvider clock, StoredWallets wallets, OpenAccounts accounts, WriteTransfers write) : IWallets
{
    public const string HoldCode = "order_payment", TopUpCode = "top_up";

    /// <summary>The pending transfer of a payment.</summary>
    public static Guid IdOf(PaymentId payment) => DerivedId.Of("wallet_hold", $"{payment}");

    /// <summary>What posts it, or voids it: one of the two, since the id is the same.</summary>
    public static Guid EndOf(PaymentId payment) => DerivedId.Of("wallet_hold_end", $"{payment}");

    public async Task<Money> AvailableAsync(Guid customerId, string currency, CancellationToken cancel) =>
        new(await db.QueryFirstAsync(Available, static row => row.GetInt64(0), [customerId, currency], cancel), currency);

    public async Task<bool> HoldAsync(WalletHold hold, CancellationToken cancel)
    {
        if (hold.Amount.Amount == 0) return true;
        var (wallet, clearing) = await OpenAsync(hold.CustomerId, LedgerAccount.WalletMethod, hold.Amount.Currency, cancel);
        var outcome = await write.RunOneAsync(new(IdOf(hold.Payment), wallet.Id, clearing.Id, hold.Amount.Amount, hold.Amount.Currency, HoldCode)
            { Phase = TransferPhase.Pending, Reference = hold.Payment.Value, KeepsRefusal = true });
        return outcome.IsThere || (outcome.Result is TransferResult.ExceedsCredits or TransferResult.IdAlreadyFailed ? false
            : throw new InvalidOperationException($"The hold of {hold.Payment} came to {outcome.Result.Text()}."));
    }

    public async Task<bool?> FindHoldAsync(WalletHold hold, CancellationToken cancel) =>
        hold.Amount.Amount == 0 ? null : await db.QueryFirstAsync(Find, static row => row.Nullable<bool>(0), [IdOf(hold.Payment)], cancel);

    public async Task<bool> CloseHoldAsync(WalletHold hold, CancellationToken cancel)
    {
        var (wallet, _) = await OpenAsync(hold.CustomerId, LedgerAccount.WalletMethod, hold.Amount.Currency, cancel);
        await using var connection = await db.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        // Whoever holds the amount takes this lock first, and looks for what is refused under it.
        await connection.ExecuteAsync(Lock, [wallet.Id], cancel);
        var isHeld = await connection.QueryFirstAsync(Find, static row => row.Nullable<bool>(0), [IdOf(hold.Payment)], cancel) == true;
        if (!isHeld) await connection.ExecuteAsync(Close, [IdOf(hold.Payment), clock.GetUtcNow()], cancel);
        await transaction.CommitAsync(cancel);
        return isHeld;
    }

    public async Task ReleaseHoldAsync(WalletHold hold, CancellationToken cancel)
    {
        if (hold.Amount.Amount == 0) return;
        var outcome = await write.RunOneAsync(NewTransfer.Ending(EndOf(hold.Payment), IdOf(hold.Payment), TransferPhase.Void));
        if (!outcome.IsThere) throw new InvalidOperationException($"What {hold.Payment} holds cannot be given back: {outcome.Result.Text()}.");
    }

    public async Task CreditAsync(Guid customerId, TopUpId topUp, Money amount, string method, CancellationToken cancel)
    {
        var (wallet, clearing) = await OpenAsync(customerId, method, amount.Currency, cancel);
        var outcome = await write.RunOneAsync(new(DerivedId.Of(TopUpCode, $"{topUp}"), clearing.Id, wallet.Id, amount.Amount, amount.Currency, TopUpCode) { Reference = topUp.Value });
        if (!outcome.IsThere) throw new InvalidOperationException($"{topUp} cannot be put into the wallet: {outcome.Result.Text()}.");
    }

    async Task<(LedgerAccount Wallet, LedgerAccount Clearing)> OpenAsync(Guid customerId, string method, string currency, CancellationToken cancel)
    {
        var (wallet, clearing) = (LedgerAccount.WalletOf(customerId, await wallets.OfAsync(customerId, cancel), currency), LedgerAccount.ClearingOf(method, currency));
        await accounts.OpenAsync([wallet, clearing], cancel);
        return (wallet, clearing);
    }

    const string Available = "SELECT credits_posted - debits_posted - debits_pending FROM ledger.accounts WHERE customer_id = $1 AND currency = $2::bpchar";

    const string Find = """
        SELECT CASE WHEN EXISTS (SELECT FROM ledger.transfers WHERE id = $1) THEN true
                    WHEN EXISTS (SELECT FROM ledger.refused_transfers WHERE id = $1) THEN false END
        """;

    const string Lock = "SELECT 1 FROM ledger.accounts WHERE id = $1 FOR NO KEY UPDATE";

    const string Close = "INSERT INTO ledger.refused_transfers (id, result, refused_at) VALUES ($1, 'closed', $2) ON CONFLICT DO NOTHING";
}
