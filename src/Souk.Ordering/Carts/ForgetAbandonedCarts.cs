using Souk.Platform.Jobs;

namespace Souk.Ordering.Carts;

/// <summary>
/// Every night: removes carts that nobody has changed for <see cref="CartOptions.ForgetAfterDays"/>, in batches. Carts that became orders too: an order
/// needs nothing of its cart. Safe to repeat; a cart that is changed at that moment stays.
/// </summary>
internal static class ForgetAbandonedCarts
{
    public const string JobType = "ordering.forget-abandoned-carts";

    /// <summary>03:41 UTC, when few are awake.</summary>
    public const string Cron = "0 41 3 * * *";

    /// <summary>Carts removed in one transaction, each with at most <see cref="StoredCart.LinesMax"/> lines.</summary>
    const int BatchMax = 500;

    public static async Task RunAsync(Tick tick, JobContext job, CancellationToken cancel)
    {
        var db = job.Services.GetRequiredService<NpgsqlDataSource>();
        var before = tick.DueAt.AddDays(-job.Services.GetRequiredService<CartOptions>().ForgetAfterDays);
        while (await db.ExecuteAsync(Forget, [before, BatchMax], cancel) == BatchMax) { }
    }

    // Found by created_at, which is indexed and never later than updated_at, which is not. What is locked is in use and is passed over.
    const string Forget = """
        WITH abandoned AS MATERIALIZED (
            SELECT customer_id, id FROM ordering.carts
            WHERE created_at < $1 AND updated_at < $1 AND held IS NULL
            ORDER BY created_at LIMIT $2
            FOR UPDATE SKIP LOCKED
        )
        DELETE FROM ordering.carts c USING abandoned a WHERE c.customer_id = a.customer_id AND c.id = a.id
        """;
}
