using System.Text.Json;
using Souk.Ordering.Inventory;
using Souk.Platform.Jobs;

namespace Souk.Ordering.Carts;

/// <summary>
/// Every few seconds: what was held for carts too long is free again, once. Safe on any number of nodes and after any crash: a hold ends in the transaction that
/// gives its stock back, under the row lock of its cart, which an order of that cart waits for.
/// </summary>
internal static class ExpireHolds
{
    public const string JobType = "ordering.expire-holds", Cron = "*/5 * * * * *";

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
        var due = await connection.QueryAsync(LockDue, static row => new ReleaseHold.Holding(row.GetGuid(0), row.GetGuid(1),
            JsonSerializer.Deserialize<IReadOnlyList<StockUnits>>(row.GetFieldValue<byte[]>(2), Json.Stored)!), [now, BatchMax], cancel);
        if (due.Count > 0)
        {
            await using var batch = connection.CreateBatch();
            ReleaseHold.AddRelease(batch, due, options, now);
            await batch.ExecuteNonQueryAsync(cancel);
        }
        await transaction.CommitAsync(cancel);
        return due.Count;
    }

    // A cart that is locked is being changed or ordered: the next tick looks at it again.
    const string LockDue = """
        SELECT customer_id, id, held FROM ordering.carts WHERE held_until <= $1 ORDER BY held_until LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED
        """;
}
