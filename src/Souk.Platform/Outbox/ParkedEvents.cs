using Souk.Platform.Data;
using Souk.Platform.Jobs;
using Souk.Platform.Modules;

namespace Souk.Platform.Outbox;

/// <summary>
/// The job behind a parked event: hands it to its subscriber once more, and then those of the same aggregate that wait behind it, a transaction each. It
/// backs off and dies like any job; as a dead letter it keeps its aggregate waiting until staff replays it.
/// </summary>
internal static class ParkedEvents
{
    static readonly JobPolicy Policy = new(ConcurrencyMax: 2);

    /// <summary>Events that one job takes before it leaves the rest to another, so that other aggregates have their turn.</summary>
    const int EventsMax = 100;

    const string Suffix = "/parked-events";

    /// <summary>Each subscriber has a type of its own, so that only processes that run it claim its jobs.</summary>
    public static string JobType(string subscriber) => subscriber + Suffix;

    public sealed record Of(string Aggregate, Guid AggregateId);

    public static void Map(WorkMap work, string subscriber) =>
        work.Job<Of>(JobType(subscriber), (of, job, cancel) => RunAsync(subscriber, of, job, cancel), Policy);

    static async Task RunAsync(string subscriberName, Of of, JobContext job, CancellationToken cancel)
    {
        var subscriber = Subscriber.Of(job.Services.GetRequiredService<WorkMap>(), subscriberName);
        var clock = job.Services.GetRequiredService<TimeProvider>();
        var logger = job.Services.GetRequiredService<ILogger<Relay>>();
        object?[] aggregate = [subscriberName, of.Aggregate, of.AggregateId];
        await using var connection = await job.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync(cancel);
        for (var taken = 0; ; taken++)
        {
            await using var transaction = await connection.BeginTransactionAsync(cancel);
            // The relay takes the same row before it touches an aggregate that has parked events; it does not wait for us.
            var handled = await connection.QueryFirstAsync(LockInbox, static row => row.GetInt32(0), aggregate, cancel);
            var next = await connection.QueryFirstAsync(Find, static row => LoggedEvent.Read(row), [.. aggregate, handled + 1], cancel);
            if (next is null || taken == EventsMax)
            {
                await EndAsync(next is not null);
                await transaction.CommitAsync(cancel);
                return;
            }
            try
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
                limit.CancelAfter(Subscriber.HandlingTimeMax);
                var writes = new EventWrites(connection);
                var hints = await subscriber.HandleAsync(next, connection, writes, job.Services, limit.Token);
                await writes.RunAsync(limit.Token);
                await connection.ExecuteAsync(NoteHandled, [.. aggregate, next.Version, clock.GetUtcNow()], cancel);
                await connection.ExecuteAsync(Unpark, [.. aggregate, next.Version], cancel);
                await transaction.CommitAsync(cancel);
                subscriber.Give(hints, logger);
            }
            catch (Exception) when (taken > 0 && connection.State == System.Data.ConnectionState.Open && !cancel.IsCancellationRequested)
            {
                // The attempts of this job were for the first event: this one starts with a job of its own.
                await transaction.RollbackAsync(cancel);
                await using var handOver = await connection.BeginTransactionAsync(cancel);
                await EndAsync(more: true);
                await handOver.CommitAsync(cancel);
                throw;
            }
        }

        async Task EndAsync(bool more)
        {
            if (more) await connection.EnqueueJobAsync(JobType(subscriberName), of, clock.GetUtcNow(), cancel);
            await job.CompleteAsync(connection, cancel);
        }
    }

    const string LockInbox = """
        SELECT version FROM platform.inbox WHERE subscriber = $1 AND aggregate = $2 AND aggregate_id = $3 FOR NO KEY UPDATE
        """;

    const string Find = """
        SELECT type, aggregate_id, version, occurred_at, payload FROM platform.parked_events
        WHERE subscriber = $1 AND aggregate = $2 AND aggregate_id = $3 AND version = $4
        """;

    const string NoteHandled = """
        UPDATE platform.inbox SET version = $4, handled_at = $5 WHERE subscriber = $1 AND aggregate = $2 AND aggregate_id = $3
        """;

    const string Unpark = "DELETE FROM platform.parked_events WHERE subscriber = $1 AND aggregate = $2 AND aggregate_id = $3 AND version <= $4";
}
