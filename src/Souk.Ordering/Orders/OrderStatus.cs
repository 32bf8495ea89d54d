namespace Souk.Ordering.Orders;

/// <summary>Where an order stands. The diagram is in docs/orders.md; CHECKs of the table repeat it.</summary>
internal static class OrderStatus
{
    public const string Placed = "placed", Paid = "paid", Cancelled = "cancelled", Expired = "expired";

    static readonly Dictionary<string, string[]> Next = new()
    {
        [Placed] = [Paid, Cancelled, Expired],
        [Paid] = [],
        [Cancelled] = [],
        [Expired] = [],
    };

    public static bool MayBecome(string from, string to) => Next[from].Contains(to);

    /// <summary>What of the money: an order is paid whole or not at all.</summary>
    public static string PaymentStatusOf(string status) => status == Paid ? "paid" : "unpaid";
}
