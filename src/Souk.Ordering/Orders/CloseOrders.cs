using Souk.Contracts;
using Souk.Ordering.Inventory;
using Souk.Platform.Outbox;

namespace Souk.Ordering.Orders;

/// <summary>Ends unpaid orders and gives their stock back, in the transaction that has locked their rows as <c>placed</c>. Cancellation and expiry share it.</summary>
internal static class CloseOrders
{
    /// <summary>What closing needs of a locked order.</summary>
    internal sealed record Open(Guid CustomerId, OrderId Id, IReadOnlyList<StoredOrder.Line> Lines, int Version);

    /// <summary>One round trip. Stock comes back in order of variant, after the order rows: the one lock order.</summary>
    public static async Task RunAsync(NpgsqlConnection connection, IReadOnlyList<Open> orders, string status, Guid? actor, string? reason, OrderingOptions options,
        DateTimeOffset now, CancellationToken cancel)
    {
        await using var batch = connection.CreateBatch();
        Guid[] customers = [.. orders.Select(o => o.CustomerId)], ids = [.. orders.Select(o => o.Id.Value)];
        batch.Add(Close, customers, ids, status, now).Add(Remember, customers, ids, orders.Select(o => o.Version + 1).ToArray(), status, actor, reason, now);
        batch.AddStockChanges(StockUnits.Reserving(orders.Select(o => StockUnits.Of(o.Lines)), sign: -1), options, now);
        foreach (var order in orders)
            batch.AddEvent(order.Id.Value, order.Version + 1, now, new OrderClosed(order.Id, order.CustomerId, status));
        await batch.ExecuteNonQueryAsync(cancel);
    }

    const string Close = """
        UPDATE ordering.orders o SET status = $3, closed_at = $4, version = o.version + 1
        FROM unnest($1::uuid[], $2::uuid[]) AS open (customer_id, id)
        WHERE o.customer_id = open.customer_id AND o.id = open.id AND o.status = 'placed'
        """;

    const string Remember = """
        INSERT INTO ordering.order_changes (customer_id, order_id, version, status_from, status_to, actor_id, reason, changed_at)
        SELECT customer_id, id, version, 'placed', $4, $5::uuid, $6::text, $7::timestamptz
        FROM unnest($1::uuid[], $2::uuid[], $3::int[]) AS closed (customer_id, id, version)
        """;
}
