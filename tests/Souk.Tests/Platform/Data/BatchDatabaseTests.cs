using System.Reflection;
using Souk.Ledger.Transfers;
using Souk.Ordering.Checkout;
using Souk.Payments;
using Souk.Platform.Data;

namespace Souk.Tests.Platform.Data;

public sealed class BatchDatabaseTests
{
    [Fact]
    public void What_waits_for_locks_of_others_leaves_every_lane_its_connection() =>
        Assert.True(BatchDatabase.ConnectionsMax >= WriteOrder.Lanes + OrderBatch.AloneMax + WriteTransfers.Lanes + TransferBatch.ApartMax + SharedWrites);

    /// <summary>Carts, paid orders, payments: a lane each.</summary>
    static readonly int SharedWrites = new[] { typeof(WriteOrder), typeof(WriteTransfers), typeof(PaymentsModule) }.SelectMany(inModule => inModule.Assembly.GetTypes())
        .SelectMany(type => type.GetFields(BindingFlags.Instance | BindingFlags.NonPublic))
        .Count(field => field.FieldType.IsGenericType && field.FieldType.GetGenericTypeDefinition() == typeof(SharedWrites<,>));
}
