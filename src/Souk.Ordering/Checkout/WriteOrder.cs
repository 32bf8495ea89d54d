using Souk.Ordering.Orders;

namespace Souk.Ordering.Checkout;

/// <summary>Makes a draft true. Orders that come while others are being written are written together: <see cref="OrderBatch"/>.</summary>
internal sealed class WriteOrder(OrderBatch batch, OrderNumbers numbers, OrderingOptions options, TimeProvider clock)
{
    /// <summary>While one batch waits for the disk another is written: a fifth more orders than one lane on two cores.</summary>
    public const int Lanes = 2;

    /// <summary>Larger batches were no faster, and hold their locks longer.</summary>
    public const int OrdersMax = 64;

    /// <summary>Some seconds of work; more would be answered too late to be of use.</summary>
    public const int WaitingMax = 2_000;

    readonly NaturalBatches<Placement, Result<StoredOrder>> batches = new(batch.RunAsync, Lanes, OrdersMax, WaitingMax);

    /// <summary>Never cancelled: the answer to an order that is being written is whether it was written.</summary>
    public async Task<Result<StoredOrder>> RunAsync(DraftOrder draft, string key, byte[] fingerprint)
    {
        var number = await numbers.NextAsync(CancellationToken.None);
        var now = Milliseconds(clock.GetUtcNow());
        var order = new StoredOrder(draft.CustomerId, OrderId.New(clock), number, fingerprint, draft.Lines, draft.Quote.Currency, draft.Quote.Subtotal,
            draft.Quote.Discounts, draft.Quote.Shipping, draft.Quote.Tax, draft.Quote.Total, draft.ShippingMethod, draft.Email, draft.ShippingAddress,
            draft.BillingAddress, now, now + options.HoldTime, OrderStatus.Placed, null, null, null, 1);
        return batches.TryAdd(new(order, draft.Cart, key, draft.Held)) is { } answer ? await answer : OrderErrors.TooManyAtOnce;
    }

    /// <summary>The order that a customer placed with this key.</summary>
    public static Task<StoredOrder?> FindByKeyAsync(NpgsqlDataSource db, Guid customer, string key, CancellationToken cancel) =>
        db.QueryFirstAsync(FindByKey, StoredOrder.Read, [customer, key], cancel);

    /// <summary>As it is printed, so that the first answer and its repetition are the same.</summary>
    static DateTimeOffset Milliseconds(DateTimeOffset instant) => instant.AddTicks(-(instant.Ticks % TimeSpan.TicksPerMillisecond));

    const string FindByKey = $"SELECT {StoredOrder.Columns} FROM ordering.orders o WHERE o.customer_id = $1 AND o.idempotency_key = $2";
}
