using Microsoft.Extensions.DependencyInjection;
using System.Reflection;
using Souk.Ledger.Transfers;
using Souk.Ordering.Checkout;
using Souk.Payments;
using Souk.Platform.Data;

namespace Souk.Tests.Platform.Data;

public sealed class BatchDatabaseTests(TestShop shop) : IClassFixture<TestShop>
{
    [Fact]
    public async Task What_a_lost_connection_was_doing_is_undone_when_its_end_is_told()
    {
        var batches = shop.App.Services.GetRequiredService<BatchDatabase>();
        await shop.Db.ExecuteAsync("CREATE TABLE unended (n int)", [], CancellationToken.None);
        await using var forgotten = await batches.Source.OpenConnectionAsync();
        await using var transaction = await forgotten.BeginTransactionAsync();
        await forgotten.ExecuteAsync("INSERT INTO unended VALUES (1)", [], CancellationToken.None);

        var process = forgotten.ProcessID;
        var lost = new NpgsqlException("The connection was lost.");
        BatchDatabase.Note(lost, process);
        await batches.EndAsync(lost);

        Assert.Equal(0L, await shop.Db.QueryFirstAsync("SELECT count(*) FROM pg_stat_activity WHERE pid = $1", static row => row.GetInt64(0), [process], CancellationToken.None));
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => transaction.CommitAsync());
        Assert.Equal(0L, await shop.Db.QueryFirstAsync("SELECT count(*) FROM unended", static row => row.GetInt64(0), [], CancellationToken.None));
        // Of one that is long gone, and of a failure that was never a connection's.
        await batches.EndAsync(lost);
        await batches.EndAsync(new("The server cannot be reached."));
    }

    [Fact]
    public void What_waits_for_locks_of_others_leaves_every_lane_its_connection() =>
        Assert.True(BatchDatabase.ConnectionsMax >= WriteOrder.Lanes + OrderBatch.AloneMax + WriteTransfers.Lanes + TransferBatch.ApartMax + SharedWrites);

    /// <summary>Carts, paid orders, payments: a lane each.</summary>
    static readonly int SharedWrites = new[] { typeof(WriteOrder), typeof(WriteTransfers), typeof(PaymentsModule) }.SelectMany(inModule => inModule.Assembly.GetTypes())
        .SelectMany(type => type.GetFields(BindingFlags.Instance | BindingFlags.NonPublic))
        .Count(field => field.FieldType.IsGenericType && field.FieldType.GetGenericTypeDefinition() == typeof(SharedWrites<,>));
}
