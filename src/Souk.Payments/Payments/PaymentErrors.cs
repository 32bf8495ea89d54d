namespace Souk.Payments.Payments;

/// <summary>Every way payments say no. A code is API: add new ones, never rename one.</summary>
internal static class PaymentErrors
{
    public static readonly Error NotFound = Error.NotFound("payment_not_found", "This order has no such payment.");

    public static Error MethodUnavailable(IReadOnlyList<string> taken) => new(422, "payment_method_unavailable",
        taken.Count == 0 ? "This shop has set up no way to pay yet." : $"This shop does not take this method. It takes: {string.Join(", ", taken)}.")
        { Details = [("methods", taken)] };

    public static Error InProgress(PaymentId payment) => Error.Conflict("payment_in_progress",
        "Another payment of this order has not ended yet. Ask for its status; if it is declined, pay anew.", ("paymentId", payment));

    public static Error InsufficientBalance(Money available) => Error.Conflict("insufficient_balance",
        $"The wallet has {available} to spend, which is not enough. Top it up, or pay in another way; a guest has no wallet. Nothing was taken.", ("available", available));

    public static readonly Error TopUpNotFound = Error.NotFound("top_up_not_found", "You have no such top-up.");

    public static readonly Error AttemptsExceeded = Error.Conflict("payment_attempts_exceeded",
        $"This order was tried to be paid {PaymentWrites.AttemptsMax} times. Place a new order, or ask the shop for help.");

    public static readonly Error StatusUnknown = Error.Malformed("payment_status_unknown",
        $"status is one of: {string.Join(", ", Enum.GetValues<PaymentStatus>().Select(status => status.Text()))}.");
}
