using Souk.Platform.Data;
using Souk.Platform.Jobs;
using Souk.Platform.Modules;

namespace Souk.Platform.Outbox;

/// <summary>
/// Every hour: removes, in batches, events that are older than a week and that every subscriber has handled or parked; how far aggregates were that have
/// been silent for longer than that; and subscribers that no worker has run for a month, which would else hold the log for ever. Safe to repeat.
/// </summary>
internal static class ForgetOldEvents
{
    public const string JobType = "platform.forget-old-events";

    public const string Cron = "0 41 * * * *";

    public const int EventDaysMax = 7, BatchMax = 5_000;

    /// <summary>Longer than events live: every event that could come again meets the note that it was handled.</summary>
    public const int SilentDaysMax = 30;

    /// <summary>A subscriber that comes back after so long starts at the present.</summary>
    public const int UnusedDaysMax = 30;

    public static async Task RunAsync(Tick tick, JobContext job, CancellationToken cancel)
    {
        var db = job.Services.GetRequiredService<NpgsqlDataSource>();
        var (events, silent, unused) = (tick.DueAt.AddDays(-EventDaysMax), tick.DueAt.AddDays(-SilentDaysMax), tick.DueAt.AddDays(-UnusedDaysMax));
        // A shop that slept for a month and wakes with this job is in use all the same.
        await using (var connection = await db.OpenConnectionAsync(cancel))
            await Subscriber.RegisterAsync(connection, job.Services.GetRequiredService<WorkMap>(), job.Services.GetRequiredService<TimeProvider>().GetUtcNow(), cancel);
        while (await db.ExecuteAsync(DeleteNotes, [silent, unused, BatchMax], cancel) == BatchMax) { }
        await db.ExecuteAsync(DeleteUnused, [unused], cancel);
        while (await db.ExecuteAsync(DeleteEvents, [events, BatchMax], cancel) == BatchMax) { }
    }

    // Where events are parked, the note says which comes next: it stays.
    const string DeleteNotes = """
        DELETE FROM platform.inbox WHERE ctid = ANY (ARRAY(
            SELECT i.ctid FROM platform.inbox i
            WHERE (i.handled_at < $1 OR i.subscriber IN (SELECT name FROM platform.subscribers WHERE seen_at < $2))
              AND NOT EXISTS (SELECT FROM platform.parked_events p
                WHERE (p.aggregate_id, p.subscriber, p.aggregate) = (i.aggregate_id, i.subscriber, i.aggregate))
            LIMIT $3))
        """;

    const string DeleteUnused = """
        WITH unused AS (
            DELETE FROM platform.subscribers WHERE seen_at < $1 RETURNING name
        ), waiting AS (
            DELETE FROM platform.parked_events WHERE subscriber IN (SELECT name FROM unused)
        )
        DELETE FROM platform.inbox WHERE subscriber IN (SELECT name FROM unused)
        """;

    const string DeleteEvents = """
        WITH oldest AS (
            -- Looks no further than one batch: where a younger one lies among them, the rest waits for it.
            SELECT xid, id, occurred_at FROM platform.outbox
            WHERE (xid, id) <= (SELECT xid, id FROM platform.subscribers ORDER BY xid, id LIMIT 1)
            ORDER BY xid, id LIMIT $2
        )
        DELETE FROM platform.outbox o USING oldest WHERE (o.xid, o.id) = (oldest.xid, oldest.id) AND oldest.occurred_at < $1
        """;
}
