using Souk.Contracts;

namespace Souk.Payments.Providers;

/// <summary>
/// The customer's own wallet as a way to pay: the amount is held in the ledger, which posts it once the order is paid and gives it back when the order would not take
/// it. A wallet with too little declines, for good under that payment.
/// </summary>
internal sealed class WalletProvider(IWallets wallets) : IPaymentProvider
{
    public const string Method = "wallet";

    public Task<Charge> ChargeAsync(Charging payment, CancellationToken cancel) => AskAsync(async () => Of(payment, await wallets.HoldAsync(HoldOf(payment), cancel)));

    public Task<Charge?> FindAsync(Charging payment, CancellationToken cancel) =>
        AskAsync(async () => await wallets.FindHoldAsync(HoldOf(payment), cancel) is { } isHeld ? Of(payment, isHeld) : null);

    public Task<Charge> CancelAsync(Charging payment, CancellationToken cancel) => AskAsync(async () => Of(payment, await wallets.CloseHoldAsync(HoldOf(payment), cancel)));

    public Task RefundAsync(Charging payment, CancellationToken cancel) => AskAsync(async () =>
    {
        await wallets.ReleaseHoldAsync(HoldOf(payment), cancel);
        return true;
    });

    static WalletHold HoldOf(Charging payment) => new(payment.Id, payment.CustomerId, payment.Amount);

    static Charge Of(Charging payment, bool isHeld) => new(isHeld, $"wallet_{payment.Id}");

    /// <summary>A ledger that cannot be asked now is a provider without an answer: the payment waits.</summary>
    static async Task<T> AskAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception away) when (away is LedgerBusyException or NpgsqlException)
        {
            throw new ProviderSilentException("The ledger did not answer.", away);
        }
    }
}
