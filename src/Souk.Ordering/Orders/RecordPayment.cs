using Souk.Contracts;
using Souk.Platform.Outbox;

namespace Souk.Ordering.Orders;

/// <summary>An order was paid: once, by one payment, and only while it was open. Whoever comes later is told, and gives the money back.</summary>
internal static class RecordPayment
{
    public static async Task<Result<OrderPaid>> RunAsync(NpgsqlDataSource db, Guid customerId, OrderId id, PaymentId payment, Money amount, DateTimeOffset now, CancellationToken cancel)
    {
        var paid = new OrderPaid(id, customerId, payment);
        if (await db.QueryFirstAsync(Pay, static row => row.GetInt32(0), [customerId, id.Value, payment.Value, amount.Amount, amount.Currency, now, Sql.Jsonb(paid)], cancel) > 0)
            return paid;
        // Not open, or not this amount. Said before by the same payment, it is as good as said now.
        return await StoredOrder.FindAsync(db, customerId, id, cancel) switch
        {
            null => OrderErrors.NotFound,
            { PaymentId: { } by } when by == payment => paid,
            { Status: OrderStatus.Placed } => OrderErrors.AmountDiffers,
            var closed => OrderErrors.NotPayable(closed.Status),
        };
    }

    const string Pay = $"""
        WITH paid AS (
            UPDATE ordering.orders SET status = 'paid', payment_id = $3, paid_at = $6, version = version + 1
            WHERE customer_id = $1 AND id = $2 AND status = 'placed' AND total = $4 AND currency = $5::bpchar
            RETURNING version
        ), remembered AS (
            INSERT INTO ordering.order_changes (customer_id, order_id, version, status_from, status_to, changed_at)
            SELECT $1, $2, version, 'placed', 'paid', $6 FROM paid
        ), told AS (
            {Outbox.AppendFrom}
            SELECT 'order.paid', $2, version, $6, $7::jsonb FROM paid
        )
        SELECT version FROM paid
        """;
}
