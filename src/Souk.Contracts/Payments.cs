using Souk.Platform.Outbox;

namespace Souk.Contracts;

/// <summary>What other modules may ask of payments.</summary>
public interface IPayments
{
    /// <summary>Null when a payment can be tried by this method and token, else 422: <c>payment_method_unavailable</c>, or what is wrong with the token.</summary>
    Error? Refuse(string method, string? token);

    /// <summary>
    /// Pays an order that was just placed, once per idempotency key. A declined payment is an answer, not an error: the order stays open to be paid
    /// until it expires.
    /// </summary>
    Task<Result<PaymentMade>> PayAsync(PaymentDue due, string method, string? token, string idempotencyKey, CancellationToken cancel);

    /// <summary>By which method a payment is made, such as <c>sandbox</c>; null when the customer has no such payment.</summary>
    Task<string?> FindMethodAsync(Guid customerId, PaymentId payment, CancellationToken cancel);
}

/// <param name="Status"><c>pending</c>, <c>captured</c>, <c>declined</c>, <c>refunded</c>.</param>
public sealed record PaymentMade(PaymentId Id, string Status);

/// <summary>Aggregate: the payment.</summary>
public sealed record PaymentStatusChanged(PaymentId PaymentId, OrderId OrderId, Guid CustomerId, string Status, Money Amount) : IEvent
{
    public static string Type => "payment.status_changed";
}

/// <summary>The order took the money of a captured payment: it is earned. The payment's last event.</summary>
/// <param name="Method">By which it was made; null in events of before it was told.</param>
public sealed record PaymentAccepted(PaymentId PaymentId, OrderId OrderId, Guid CustomerId, string? Method = null) : IEvent
{
    public static string Type => "payment.accepted";
}
