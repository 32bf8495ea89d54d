namespace Souk.Contracts;

/// <summary>What payments may ask of the wallets of customers. Everything is done once per payment or top-up, however often it is asked.</summary>
/// <remarks>A ledger that has too much to do, or no database, throws <see cref="LedgerBusyException"/> or what the database threw: nothing is known then; ask again.</remarks>
public interface IWallets
{
    /// <summary>What a customer can spend at this moment: posted less held. Zero for who has no wallet, such as a guest.</summary>
    Task<Money> AvailableAsync(Guid customerId, string currency, CancellationToken cancel);

    /// <summary>Sets the amount aside for a payment. False when there is not enough, or the hold was closed: for good, whatever comes into the wallet later.</summary>
    Task<bool> HoldAsync(WalletHold hold, CancellationToken cancel);

    /// <summary>What became of a payment's hold: true held (or taken since), false refused or closed, null never asked for.</summary>
    Task<bool?> FindHoldAsync(WalletHold hold, CancellationToken cancel);

    /// <summary>Closes a hold that was not made, so that one on its way sets nothing aside; true when it was made before.</summary>
    Task<bool> CloseHoldAsync(WalletHold hold, CancellationToken cancel);

    /// <summary>Gives a held amount back to its wallet.</summary>
    /// <exception cref="InvalidOperationException">There is nothing held, or it was taken.</exception>
    Task ReleaseHoldAsync(WalletHold hold, CancellationToken cancel);

    /// <summary>Puts the money of a captured top-up into the customer's wallet.</summary>
    /// <param name="method">Which provider has the money.</param>
    Task CreditAsync(Guid customerId, TopUpId topUp, Money amount, string method, CancellationToken cancel);
}

/// <param name="Amount">Zero holds nothing and succeeds.</param>
public sealed record WalletHold(PaymentId Payment, Guid CustomerId, Money Amount);

/// <summary>More transfers wait than may. Nothing was done.</summary>
public sealed class LedgerBusyException() : Exception("More transfers come in than can be written.");
