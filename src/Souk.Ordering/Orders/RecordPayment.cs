using Souk.Contracts;
using Souk.Platform.Outbox;

namespace Souk.Ordering.Orders;

/// <summary>
/// An order was paid: once, by one payment, and only while it was open. Whoever comes later is told, and gives the money back. Orders that are paid at the same
/// time are written together.
/// </summary>
internal sealed class RecordPayment(NpgsqlDataSource db, BatchDatabase batches, OrderReads orders, TimeProvider clock)
{
    readonly record struct Paid(OrderPaid Happened, Money Amount, DateTimeOffset Now);

    readonly SharedWrites<Paid, bool> writes = new(batches, db, WriteAsync, static paid => (paid.Happened.CustomerId, paid.Happened.OrderId.Value));

    public async Task<Result<OrderPaid>> RunAsync(Guid customer, OrderId id, PaymentId payment, Money amount, CancellationToken cancel)
    {
        var paid = new OrderPaid(id, customer, payment);
        if (await writes.RunAsync(new(paid, amount, clock.GetUtcNow()))) return paid;
        // Not open, or not this amount. Said before by the same payment, it is as good as said now.
        return await orders.FindAsync(customer, id, cancel) switch
        {
            null => OrderErrors.NotFound,
            { PaymentId: { } by } when by == payment => paid,
            { Status: OrderStatus.Placed } => OrderErrors.AmountDiffers,
            var closed => OrderErrors.NotPayable(closed.Status),
        };
    }

    static async Task<IReadOnlyList<bool>> WriteAsync(NpgsqlBatch batch, IReadOnlyList<Paid> paid)
    {
        var (customers, ids) = (paid.Select(p => p.Happened.CustomerId).ToArray(), paid.Select(p => p.Happened.OrderId.Value).ToArray());
        batch.Add(Lock, customers, ids).Add(Pay, customers, ids, paid.Select(p => p.Happened.PaymentId.Value).ToArray(), paid.Select(p => p.Amount.Amount).ToArray(),
            paid.Select(p => p.Amount.Currency).ToArray(), paid.Select(p => p.Now).ToArray(), Sql.Jsonbs(paid.Select(p => p.Happened)));
        var done = (await batch.QueryLastAsync(1, static row => row.GetGuid(0))).ToHashSet();
        return [.. ids.Select(done.Contains)];
    }

    const string Lock = """
        SELECT 1 FROM ordering.orders o JOIN unnest($1::uuid[], $2::uuid[]) AS w (customer_id, id) ON o.customer_id = w.customer_id AND o.id = w.id
        WHERE o.customer_id = ANY($1) AND o.id = ANY($2)
        ORDER BY o.customer_id, o.id FOR NO KEY UPDATE OF o
        """;

    const string Pay = $"""
        WITH paid AS (
            UPDATE ordering.orders o SET status = 'paid', payment_id = w.payment_id, paid_at = w.now, version = o.version + 1
            FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::text[], $6::timestamptz[], $7::jsonb[])
                AS w (customer_id, id, payment_id, total, currency, now, happened)
            WHERE o.customer_id = ANY($1) AND o.id = ANY($2) AND o.customer_id = w.customer_id AND o.id = w.id
                AND (o.status = 'placed' AND o.total = w.total AND o.currency = w.currency::bpchar) IS NOT FALSE
            RETURNING o.customer_id, o.id, o.version, w.now, w.happened
        ), remembered AS (
            INSERT INTO ordering.order_changes (customer_id, order_id, version, status_from, status_to, changed_at)
            SELECT customer_id, id, version, 'placed', 'paid', now FROM paid
        ), told AS (
            {Outbox.AppendFrom}
            SELECT 'order.paid', id, version, now, happened FROM paid
        )
        SELECT id FROM paid
        """;
}
