using Souk.Platform.Jobs;

namespace Souk.Notifications.Inbox;

/// <summary>
/// Every hour: removes, in batches, messages older than <see cref="NotificationsOptions.KeepDays"/>, streams that had neither message nor listener for longer
/// than that (should one be needed again, it has a new epoch), and tickets nobody used. Safe to repeat.
/// </summary>
internal static class TrimInbox
{
    public const string JobType = "notifications.trim-inbox";

    public const string Cron = "0 23 * * * *";

    const int BatchMax = 2_000;

    public static async Task RunAsync(Tick tick, JobContext job, CancellationToken cancel)
    {
        var db = job.Services.GetRequiredService<NpgsqlDataSource>();
        var oldest = tick.DueAt.AddDays(-job.Services.GetRequiredService<NotificationsOptions>().KeepDays);
        while (await db.ExecuteAsync(DeleteMessages, [oldest, BatchMax], cancel) == BatchMax) { }
        while (await db.ExecuteAsync(DeleteStreams, [DateOnly.FromDateTime(oldest.UtcDateTime), BatchMax], cancel) == BatchMax) { }
        while (await db.ExecuteAsync(DeleteTickets, [tick.DueAt, BatchMax], cancel) == BatchMax) { }
    }

    const string DeleteMessages = """
        DELETE FROM notifications.messages WHERE (customer_id, sequence) IN (
            SELECT customer_id, sequence FROM notifications.messages WHERE occurred_at < $1 ORDER BY occurred_at LIMIT $2)
        """;

    // The second look at the date is for a stream that was used while this statement waited for its lock: that one stays.
    const string DeleteStreams = """
        DELETE FROM notifications.streams WHERE used_on < $1 AND customer_id IN (
            SELECT customer_id FROM notifications.streams WHERE used_on < $1 ORDER BY used_on LIMIT $2)
        """;

    const string DeleteTickets = """
        DELETE FROM notifications.tickets WHERE hash IN (SELECT hash FROM notifications.tickets WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)
        """;
}
