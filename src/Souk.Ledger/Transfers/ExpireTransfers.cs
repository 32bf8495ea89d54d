using Souk.Ledger.Accounts;
using Souk.Platform.Jobs;

namespace Souk.Ledger.Transfers;

/// <summary>
/// Every few seconds: gives back what pending transfers set aside and nobody posted or voided in time. Once each, on any number of nodes and after any crash:
/// an expiry is a transfer whose id follows from the pending one's, and a pending transfer ends once.
/// </summary>
/// <remarks>A pending transfer cannot be posted from the instant its time is out, whether or not this job has been there.</remarks>
internal static class ExpireTransfers
{
    public const string JobType = "ledger.expire-transfers", Cron = "*/5 * * * * *";

    public static async Task RunAsync(Tick _, JobContext job, CancellationToken cancel)
    {
        var (db, write, clock) = (job.Services.GetRequiredService<NpgsqlDataSource>(), job.Services.GetRequiredService<WriteTransfers>(), job.Services.GetRequiredService<TimeProvider>());
        while (await ExpireAsync(db, write, clock.GetUtcNow(), cancel) == WriteTransfers.TransfersMax) { }
    }

    static async Task<int> ExpireAsync(NpgsqlDataSource db, WriteTransfers write, DateTimeOffset now, CancellationToken cancel)
    {
        var due = await db.QueryAsync(FindDue, static row => row.GetGuid(0), [now, WriteTransfers.TransfersMax], cancel);
        if (due.Count == 0) return 0;
        var outcomes = await write.RunAsync([.. due.Select(id => NewTransfer.Ending(DerivedId.Of("expire", $"{id}"), id, TransferPhase.Expire))]);
        // One that another node, or a post that came in time, has ended meanwhile is no longer ours. Anything else would be found again and again.
        foreach (var (outcome, id) in outcomes.Zip(due))
            if (!outcome.IsThere && outcome.Result is not (TransferResult.PendingTransferAlreadyPosted or TransferResult.PendingTransferAlreadyVoided or TransferResult.PendingTransferExpired))
                throw new InvalidOperationException($"The pending transfer {id} cannot expire: {outcome.Result.Text()}.");
        return due.Count;
    }

    const string FindDue = "SELECT transfer_id FROM ledger.time_outs WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2";
}
