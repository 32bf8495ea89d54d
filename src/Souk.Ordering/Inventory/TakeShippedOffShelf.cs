using Souk.Ordering.Orders;
using Souk.Platform;
using Souk.Platform.Jobs;

namespace Souk.Ordering.Inventory;

/// <summary>
/// Every minute: takes off the shelf what the previous release marked as shipped, which left its units in the numbers. Once per order, under the lock of its
/// row; finds nothing where all nodes run this release.
/// </summary>
internal static class TakeShippedOffShelf
{
    public const string JobType = "ordering.take-shipped-off-shelf", Cron = "20 * * * * *";

    const int BatchMax = 100;

    public static async Task RunAsync(Tick _, JobContext job, CancellationToken cancel)
    {
        var db = job.Services.GetRequiredService<NpgsqlDataSource>();
        var (rule, people) = (job.Services.GetRequiredService<IAllocation>(), job.Services.GetRequiredService<PersonalData>());
        var (options, clock) = (job.Services.GetRequiredService<OrderingOptions>(), job.Services.GetRequiredService<TimeProvider>());
        var log = job.Services.GetRequiredService<ILoggerFactory>().CreateLogger(JobType);
        for (var (after, more) = (Guid.Empty, true); more;)
        {
            var shipped = await db.QueryAsync(Shipped, StoredOrder.Read, [after, BatchMax], cancel);
            foreach (var order in shipped)
            {
                after = order.Id.Value;
                var to = await order.ShippingAddressAsync(people, cancel);
                await using var connection = await db.OpenConnectionAsync(cancel);
                await using var transaction = await connection.BeginTransactionAsync(cancel);
                if (await connection.ExecuteAsync(Take, [order.CustomerId, order.Id.Value], cancel) == 0) continue;   // a rival was here
                if (await TakeOffShelf.RunAsync(connection, order, to, rule, actor: null, options, clock.GetUtcNow(), cancel) is { } missing)
                    // It cannot be, but for books that do not sum: the next run tries again.
                    log.LogWarning("Order {Order} is shipped and its units do not lie on the shelf: {Reason}", order.Id, missing.Message);
                else await transaction.CommitAsync(cancel);
            }
            more = shipped.Count == BatchMax;
        }
    }

    const string Shipped = $"""
        SELECT {StoredOrder.Columns} FROM ordering.orders o
        WHERE o.fulfilment_status IN ('shipped', 'delivered') AND NOT o.off_shelf AND o.id > $1 ORDER BY o.id LIMIT $2
        """;

    const string Take = """
        UPDATE ordering.orders SET off_shelf = true
        WHERE customer_id = $1 AND id = $2 AND fulfilment_status IN ('shipped', 'delivered') AND NOT off_shelf
        """;
}
