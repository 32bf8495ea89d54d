namespace Souk.Payments.Providers;

/// <summary>
/// A service outside the shop that moves money. It is asked outside any transaction, and it knows our payment by its id alone: whatever is
/// asked for one id happens once, however often and from how many nodes at once it is asked.
/// </summary>
internal interface IPaymentProvider
{
    /// <summary>Takes the money, or answers what became of the first try with this id.</summary>
    /// <param name="token">What the shopper's page got from the provider; null when it got none.</param>
    /// <exception cref="ProviderSilentException">No answer: the money may be taken or not.</exception>
    Task<Charge> ChargeAsync(PaymentId payment, Money amount, string? token, CancellationToken cancel);

    /// <summary>What became of this id; null when the provider has not heard of it, which does not rule out that it will.</summary>
    /// <exception cref="ProviderSilentException">No answer.</exception>
    Task<Charge?> FindAsync(PaymentId payment, CancellationToken cancel);

    /// <summary>Closes an id that was not charged, so that a charge still on its way takes nothing; answers what became of the id for good.</summary>
    /// <exception cref="ProviderSilentException">No answer.</exception>
    Task<Charge> CancelAsync(PaymentId payment, CancellationToken cancel);

    /// <summary>Gives the whole money of a charge back.</summary>
    /// <exception cref="ProviderSilentException">No answer: it may be on its way back or not.</exception>
    Task RefundAsync(PaymentId payment, CancellationToken cancel);
}

/// <summary>A provider's last word on a charge.</summary>
/// <param name="IsCaptured">False: declined or cancelled, and no money will ever move under this id.</param>
/// <param name="Reference">The provider's name for it, for staff who compare the books.</param>
internal sealed record Charge(bool IsCaptured, string Reference);

/// <summary>The provider did not answer, so nothing is known. Ask again later with the same payment id.</summary>
internal sealed class ProviderSilentException(string message, Exception? inner = null) : Exception(message, inner);
