using Souk.Ledger.Transfers;
using Souk.Ordering.Checkout;
using Souk.Platform.Data;

namespace Souk.Tests.Platform.Data;

public sealed class BatchDatabaseTests
{
    [Fact]
    public void What_waits_for_locks_of_others_leaves_every_lane_its_connection() =>
        Assert.True(BatchDatabase.ConnectionsMax >= WriteOrder.Lanes + OrderBatch.AloneMax + WriteTransfers.Lanes + TransferBatch.ApartMax);
}
