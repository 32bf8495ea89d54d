namespace Souk.Prove.Checks;

/// <summary>The states of an order, drawn in docs/orders.md.</summary>
internal static class Diagram
{
    public static readonly string[] Steps = ["unfulfilled", "packed", "shipped", "delivered"];

    /// <summary>What is wrong with these changes of an order that stands so now; null when they are a path.</summary>
    public static string? Wrong(IReadOnlyList<(string From, string To)> changes, string status, string fulfilment)
    {
        var (at, step) = ("placed", "unfulfilled");
        foreach (var (from, to) in changes)
        {
            if (from == "placed" && at == "placed" && to is ("paid" or "cancelled" or "expired")) at = to;
            else if (at == "paid" && from == step && Array.IndexOf(Steps, to) > Array.IndexOf(Steps, from)) step = to;
            else return $"it went from {from} to {to} while it was {at}, {step}";
        }
        return (at, step) == (status, fulfilment) ? null : $"its history ends with {at}, {step}, and it is {status}, {fulfilment}";
    }
}
