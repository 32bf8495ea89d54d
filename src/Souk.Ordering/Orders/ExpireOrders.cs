using System.Text.Json;
using Souk.Platform.Jobs;

namespace Souk.Ordering.Orders;

/// <summary>
/// Every few seconds: ends orders that were not paid in time; their stock is free again, once. Safe on any number of nodes and after any crash: an order
/// is ended in the transaction that gives its stock back, under the row lock that a late payment waits for.
/// </summary>
internal static class ExpireOrders
{
    public const string JobType = "ordering.expire-orders", Cron = "*/5 * * * * *";

    public const int BatchMax = 100;

    public static async Task RunAsync(Tick _, JobContext job, CancellationToken cancel)
    {
        var (db, options, clock) = (job.Services.GetRequiredService<NpgsqlDataSource>(), job.Services.GetRequiredService<OrderingOptions>(),
            job.Services.GetRequiredService<TimeProvider>());
        while (await ExpireAsync(db, options, clock.GetUtcNow(), cancel) == BatchMax) { }
    }

    static async Task<int> ExpireAsync(NpgsqlDataSource db, OrderingOptions options, DateTimeOffset now, CancellationToken cancel)
    {
        await using var connection = await db.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var due = await connection.QueryAsync(LockDue, static row => new CloseOrders.Open(row.GetGuid(0), new(row.GetGuid(1)),
            JsonSerializer.Deserialize<IReadOnlyList<StoredOrder.Line>>(row.GetFieldValue<byte[]>(2), Json.Stored)!, row.GetInt32(3)), [now, BatchMax], cancel);
        if (due.Count > 0) await CloseOrders.RunAsync(connection, due, OrderStatus.Expired, actor: null, reason: null, options, now, cancel);
        await transaction.CommitAsync(cancel);
        return due.Count;
    }

    // An order that is locked is being paid or cancelled: the next tick looks at it again.
    const string LockDue = """
        SELECT customer_id, id, lines, version FROM ordering.orders
        WHERE status = 'placed' AND expires_at <= $1
        ORDER BY expires_at LIMIT $2
        FOR NO KEY UPDATE SKIP LOCKED
        """;
}
