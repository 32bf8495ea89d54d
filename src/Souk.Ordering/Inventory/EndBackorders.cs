using Souk.Platform.Jobs;

namespace Souk.Ordering.Inventory;

/// <summary>
/// Every few seconds: ends the back-orders and pre-orders whose time is over, so that no more is sold than lies there. What was sold stays sold. Safe on any
/// number of nodes: rows are locked in order of variant, and those that others hold are looked at again by the next tick.
/// </summary>
internal static class EndBackorders
{
    public const string JobType = "ordering.end-backorders", Cron = "*/10 * * * * *";

    const int BatchMax = 100;

    public static async Task RunAsync(Tick _, JobContext job, CancellationToken cancel)
    {
        var (db, options, clock) = (job.Services.GetRequiredService<NpgsqlDataSource>(), job.Services.GetRequiredService<OrderingOptions>(),
            job.Services.GetRequiredService<TimeProvider>());
        while (await EndAsync(db, options, clock.GetUtcNow(), cancel) == BatchMax) { }
    }

    static async Task<int> EndAsync(NpgsqlDataSource db, OrderingOptions options, DateTimeOffset now, CancellationToken cancel)
    {
        await using var connection = await db.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var due = await connection.QueryAsync(LockDue, static row => row.GetGuid(0), [now, BatchMax], cancel);
        if (due.Count > 0)
        {
            await using var batch = connection.CreateBatch().Add(End, (object)due.ToArray());
            batch.AddStockChanges([.. due.Select(id => new ChangeStock.Change(new(id), 0, 0))], options, now);
            await batch.ExecuteNonQueryAsync(cancel);
        }
        await transaction.CommitAsync(cancel);
        return due.Count;
    }

    const string LockDue = """
        SELECT variant_id FROM ordering.stock WHERE backorder_until <= $1 ORDER BY variant_id LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED
        """;

    const string End = """
        UPDATE ordering.stock SET backorder_kind = NULL, backorder_limit = 0, backorder_until = NULL, oversold_max = greatest(0, reserved - on_hand)
        WHERE variant_id = ANY($1)
        """;
}
