namespace Souk.Payments.Payments;

internal enum PaymentStatus { Pending, Captured, Declined, Refunded }

/// <summary>What a payment waits for.</summary>
internal enum Step { AskProvider, AskOrdering, GiveBack, Nothing }

/// <summary>The one table of what a payment may become and what is done next; drawn in docs/payments.md, repeated by CHECKs.</summary>
internal static class PaymentStates
{
    public static readonly IReadOnlyList<(PaymentStatus From, PaymentStatus To)> Transitions =
        [(PaymentStatus.Pending, PaymentStatus.Captured), (PaymentStatus.Pending, PaymentStatus.Declined), (PaymentStatus.Captured, PaymentStatus.Refunded)];

    /// <param name="isAccepted">The order is paid by it.</param>
    /// <param name="isRefused">The order would not take it.</param>
    public static Step Next(PaymentStatus status, bool isAccepted, bool isRefused) => (status, isAccepted, isRefused) switch
    {
        (PaymentStatus.Pending, _, _) => Step.AskProvider,
        (PaymentStatus.Captured, false, false) => Step.AskOrdering,
        (PaymentStatus.Captured, false, true) => Step.GiveBack,
        _ => Step.Nothing,
    };

    /// <summary>As it stands in the database, in JSON and in events.</summary>
    public static string Text(this PaymentStatus status) => status switch
    {
        PaymentStatus.Pending => "pending",
        PaymentStatus.Captured => "captured",
        PaymentStatus.Declined => "declined",
        PaymentStatus.Refunded => "refunded",
        _ => throw new ArgumentOutOfRangeException(nameof(status)),
    };

    /// <summary>Null for a word that is no status.</summary>
    public static PaymentStatus? Read(string text) => Enum.GetValues<PaymentStatus>().Cast<PaymentStatus?>().FirstOrDefault(status => status!.Value.Text() == text);
}
