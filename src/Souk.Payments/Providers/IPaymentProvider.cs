namespace Souk.Payments.Providers;

/// <summary>
/// What moves money: a service outside the shop, or the wallets of its customers. It is asked outside any transaction, and it knows our payment by its id alone: whatever is
/// asked for one id happens once, however often and from how many nodes at once it is asked.
/// </summary>
internal interface IPaymentProvider
{
    /// <summary>Takes the money, or answers what became of the first try with this id.</summary>
    /// <exception cref="ProviderSilentException">No answer: the money may be taken or not.</exception>
    Task<Charge> ChargeAsync(Charging payment, CancellationToken cancel);

    /// <summary>What became of this id; null when the provider has not heard of it, which does not rule out that it will.</summary>
    /// <exception cref="ProviderSilentException">No answer.</exception>
    Task<Charge?> FindAsync(Charging payment, CancellationToken cancel);

    /// <summary>Closes an id that was not charged, so that a charge still on its way takes nothing; answers what became of the id for good.</summary>
    /// <exception cref="ProviderSilentException">No answer.</exception>
    Task<Charge> CancelAsync(Charging payment, CancellationToken cancel);

    /// <summary>Gives the whole money of a charge back.</summary>
    /// <exception cref="ProviderSilentException">No answer: it may be on its way back or not.</exception>
    Task RefundAsync(Charging payment, CancellationToken cancel);
}

/// <summary>What a provider is asked about.</summary>
/// <param name="Id">The name of the charge: of a payment, or of a top-up.</param>
/// <param name="CustomerId">Whose money: only the shop's own wallets know customers.</param>
/// <param name="Token">What the shopper's page got from the provider; null when it got none, or once the provider has answered.</param>
internal sealed record Charging(PaymentId Id, Guid CustomerId, Money Amount, string? Token);

/// <summary>A provider's last word on a charge.</summary>
/// <param name="IsCaptured">False: declined or cancelled, and no money will ever move under this id.</param>
/// <param name="Reference">The provider's name for it, for staff who compare the books.</param>
internal sealed record Charge(bool IsCaptured, string Reference);

/// <summary>The provider did not answer, so nothing is known. Ask again later with the same payment id.</summary>
internal sealed class ProviderSilentException(string message, Exception? inner = null) : Exception(message, inner);
