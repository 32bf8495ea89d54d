using Souk.Platform.Outbox;

namespace Souk.Contracts;

/// <summary>What other modules may ask of carts, stock and orders.</summary>
public interface IOrdering
{
    /// <summary>What an order still owes, for someone who may pay it. Refuses one that is unknown or not this customer's (404 <c>order_not_found</c>).</summary>
    Task<Result<OrderToPay>> FindToPayAsync(OrderId order, Payer payer, CancellationToken cancel);

    /// <summary>
    /// Whom an order belongs to, whatever has become of it, for someone who may see it: payments are read under this id. Refuses an order that is
    /// unknown or not this customer's (404 <c>order_not_found</c>).
    /// </summary>
    Task<Result<Guid>> CustomerOfOrderAsync(OrderId order, Payer payer, CancellationToken cancel);

    /// <summary>The guest whose order this token opens; null when the shop never made such a token.</summary>
    Guid? CustomerOfOrderToken(string? orderToken);

    /// <summary>
    /// Records that an order was paid; idempotent by payment. A payment that comes after the order expired, was cancelled or was paid by another is
    /// refused (409 <c>order_not_payable</c>): the caller gives the money back.
    /// </summary>
    Task<Result<OrderPaid>> RecordPaymentAsync(Guid customerId, OrderId order, PaymentId payment, Money amount, CancellationToken cancel);

    /// <summary>What an order was sold for, in its parts; null when the customer has no such order.</summary>
    Task<Sale?> FindSaleAsync(Guid customerId, OrderId order, CancellationToken cancel);

    /// <summary>Copies a guest's cart to an account at sign-in; null when the token names no cart with lines. The guest's cart stays as it is.</summary>
    Task<CartId?> CopyGuestCartAsync(string cartToken, Guid accountId, CancellationToken cancel);

    /// <summary>Sets what lies at each location, for imports: at most 1,000 levels at once, each once. Locations are made by their name.</summary>
    Task<StockSet> SetStockAsync(IReadOnlyList<StockLevel> levels, CancellationToken cancel);
}

/// <summary>Who wants to pay: an account, or the holder of an order token.</summary>
public sealed record Payer(Guid? AccountId, string? OrderToken);

/// <param name="CustomerId">The account or guest that the order belongs to; payments are kept under it.</param>
/// <param name="Due">What is due, or why it is not payable any more: 409 <c>order_not_payable</c>.</param>
public sealed record OrderToPay(Guid CustomerId, Result<PaymentDue> Due);

/// <param name="CustomerId">As that of <see cref="OrderToPay"/>.</param>
public sealed record PaymentDue(Guid CustomerId, OrderId OrderId, Money Amount);

/// <summary>Minor units of one currency; together they are the order's total.</summary>
/// <param name="Goods">Less discounts.</param>
public sealed record Sale(string Currency, long Goods, long Shipping, long Tax);

/// <param name="OnHand">Units on the shelf, 0 or more.</param>
public sealed record StockLevel(VariantId VariantId, string Location, int OnHand);

/// <param name="Changed">How many levels were new or changed.</param>
/// <param name="Promised">Variants whose levels stay as they were: fewer units would be left than are promised to orders.</param>
public sealed record StockSet(int Changed, IReadOnlyList<VariantId> Promised);

/// <summary>How much there is, in a word for shoppers.</summary>
public enum StockState { InStock, Low, Out, Backorder }

/// <summary>Aggregate: the variant. Told when the word changes, not for every unit sold.</summary>
public sealed record StockStateChanged(VariantId VariantId, StockState State) : IEvent
{
    public static string Type => "stock.state_changed";
}

/// <summary>Units on the shelf fell to the variant's threshold or below it; once per crossing. Aggregate: the variant.</summary>
/// <param name="OnShelf">Units that can still be sold from the shelf.</param>
public sealed record StockLow(VariantId VariantId, int OnShelf) : IEvent
{
    public static string Type => "stock.low";
}

/// <summary>A variant that could not be sold can be again; not told of the first delivery. Aggregate: the variant.</summary>
/// <param name="OnShelf">Units that can be sold from the shelf; 0 when it is back by being sold on back-order.</param>
public sealed record StockBack(VariantId VariantId, int OnShelf) : IEvent
{
    public static string Type => "stock.back";
}

/// <summary>Aggregate: the order, version 1.</summary>
public sealed record OrderPlaced(OrderId OrderId, Guid CustomerId, string Number, Money Total) : IEvent
{
    public static string Type => "order.placed";
}

/// <summary>Aggregate: the order.</summary>
public sealed record OrderPaid(OrderId OrderId, Guid CustomerId, PaymentId PaymentId) : IEvent
{
    public static string Type => "order.paid";
}

/// <summary>What was done for a paid order. Aggregate: the order.</summary>
/// <param name="Status"><c>packed</c>, <c>shipped</c> or <c>delivered</c>.</param>
public sealed record OrderFulfilmentChanged(OrderId OrderId, Guid CustomerId, string Status) : IEvent
{
    public static string Type => "order.fulfilment_changed";
}

/// <summary>The order was cancelled or expired before it was paid; its stock is free again. Aggregate: the order.</summary>
/// <param name="Status"><c>cancelled</c> or <c>expired</c>.</param>
public sealed record OrderClosed(OrderId OrderId, Guid CustomerId, string Status) : IEvent
{
    public static string Type => "order.closed";
}
