using Souk.Contracts;

namespace Souk.Ordering.Orders;

/// <summary>Every way an order says no. A code is API: add new ones, never rename one.</summary>
internal static class OrderErrors
{
    public static readonly Error NotFound = Error.NotFound("order_not_found",
        "There is no such order of yours. Sign in as the one who placed it, or send the orderToken it was placed with as Souk-Order-Token.");

    public static Error NotPayable(string status) => Error.Conflict("order_not_payable", status switch
    {
        OrderStatus.Paid => "The order is paid already.",
        OrderStatus.Expired => "The order was not paid in time and has expired; its stock is free again. Place a new one.",
        _ => "The order was cancelled. Place a new one.",
    }, ("orderStatus", status));

    public static Error NotCancellable(string status) => Error.Conflict("order_not_cancellable",
        $"Only an order that is not paid can be cancelled; this one is {status}.", ("orderStatus", status));

    public static readonly Error NotPaid = Error.Conflict("order_not_paid", "Only a paid order is packed, shipped and delivered.");

    public static Error FulfilledFurther(string status) => Error.Conflict("order_fulfilled_further",
        "The order is further than that already; it only goes forward.", ("fulfilmentStatus", status));

    public static readonly Error Claimed = Error.Conflict("order_claimed", "Another account has claimed the orders of this guest.");

    public static readonly Error ClaimsFull = Error.Conflict("claims_full", $"An account claims the orders of at most {ClaimOrder.GuestsMax} guests.");

    public static readonly Error AmountDiffers = Error.Conflict("amount_differs", "An order is paid whole: the amount is not what it costs.");

    public static Error PriceChanged(Quote quote) => Error.Conflict("price_changed",
        "The goods cost something else now than you expected. Show the new price, and order again with its total as expectedTotal.", ("quote", QuoteShown.Of(quote)));

    public static readonly Error TooManyAtOnce = new(503, "orders_busy",
        "More orders come in than can be written now. Try again shortly with the same Idempotency-Key; nothing was ordered.") { RetryAfterSeconds = 1 };

    public static readonly Error CartEmpty = new(422, "cart_empty", "The cart has no lines. Put something in, and order again.");

    public static readonly Error CartChanged = Error.Conflict("cart_changed",
        "The cart was changed or ordered while you ordered it. Read it again, and order what you find.");
}

/// <summary>A quote as an answer shows it.</summary>
internal sealed record QuoteShown(IReadOnlyList<QuoteShown.Line> Lines, Money Subtotal, Money Discounts, Money Shipping, Money Tax, Money Total, string Currency)
{
    internal sealed record Line(VariantId VariantId, int Quantity, Money UnitPrice, Money Total);

    public static QuoteShown Of(Quote quote)
    {
        return new([.. quote.Lines.Select(l => new Line(l.VariantId, l.Quantity, In(l.UnitPrice), In(l.Total)))],
            In(quote.Subtotal), In(quote.Discounts), In(quote.Shipping), In(quote.Tax), In(quote.Total), quote.Currency);

        Money In(long amount) => new(amount, quote.Currency);
    }
}
