using NpgsqlTypes;
using Souk.Platform.Data;
using Souk.Platform.Jobs;

namespace Souk.Platform.Outbox;

/// <summary>
/// One step of one subscriber through the log, in one transaction: what its handlers write, how far each aggregate is, what was parked and where the
/// cursor stands become true together.
/// </summary>
/// <remarks>
/// The log is ordered by (transaction id, id) and read only below the oldest running transaction, so that nothing can appear behind the cursor. That
/// order is not the order of versions. But whoever wrote version 2 had waited for the lock of who wrote version 1, so version 1 can be seen by whoever
/// sees version 2, further on in the log if not here: it comes in a later step, and until then version 2 is parked.
/// </remarks>
/// <param name="careful">
/// False: a handler that fails ends the step with <see cref="HandlingFailedException"/>, all undone. True: a savepoint before each event, and one that fails
/// is parked with the later ones of its aggregate, while a job tries it again.
/// </param>
internal sealed class RelayBatch(Subscriber subscriber, NpgsqlDataSource db, WorkDatabase log, IServiceProvider services, TimeProvider clock, int rowsMax, bool careful)
{
    /// <summary>How far each aggregate will be once this step commits.</summary>
    readonly Dictionary<Aggregate, int> handled = [];

    readonly List<LoggedEvent> ready = [], parked = [];

    /// <summary>Aggregates whose next event is parked by this step, and when a job is to try it.</summary>
    readonly Dictionary<Aggregate, DateTimeOffset> retries = [];

    /// <summary>Aggregates of which parked events may become handled here.</summary>
    readonly List<Aggregate> unparked = [];

    /// <summary>What handlers want done after the commit.</summary>
    public List<Action> Hints { get; } = [];

    /// <summary>Of the events that were parked because their handler failed.</summary>
    public List<(LoggedEvent Event, Exception Failure)> Failures { get; } = [];

    /// <summary>Events whose version was handled before: their publisher counts wrongly, or the log was restored.</summary>
    public int Repeats { get; private set; }

    /// <summary>How many rows of the log the cursor passed; 0 when there are none, or another node is at it.</summary>
    public async Task<int> RunAsync(CancellationToken cancel)
    {
        await using var connection = await db.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (await connection.QueryFirstAsync(Lock, static row => new Position(row.GetFieldValue<ulong>(0), row.GetInt64(1), row.GetFieldValue<ulong>(2)),
            [subscriber.Name], cancel) is not { } position) return 0;

        // On a connection whose plans are pinned. The rows are committed and do not change, so they need not be read in this transaction.
        var rows = await log.Source.QueryAsync(Read, ReadRow, [Xid(position.Xid), position.Id, Xid(position.Horizon), subscriber.Aggregates, rowsMax], cancel);
        if (rows.Count == 0) return 0;
        position = position with { Xid = rows[^1].Xid, Id = rows[^1].Id };

        await SortAsync(connection, position, rows.Where(row => row.Event is not null).GroupBy(row => row.Event!.Aggregate, row => row.Event!).ToList(), cancel);
        await HandleAsync(connection, transaction, cancel);
        await WriteAsync(connection, position, cancel);
        await transaction.CommitAsync(cancel);
        return rows.Count;
    }

    /// <summary>Decides for every aggregate which of its events are handled now and which are parked.</summary>
    async Task SortAsync(NpgsqlConnection connection, Position position, List<IGrouping<Aggregate, LoggedEvent>> arrived, CancellationToken cancel)
    {
        if (arrived.Count == 0) return;
        var known = (await connection.QueryAsync(FindInbox, static row => (Aggregate: ReadAggregate(row), Version: row.GetInt32(2), HasParked: row.GetBoolean(3)),
            [subscriber.Name, Names(arrived), Ids(arrived)], cancel)).ToDictionary(row => row.Aggregate, row => (row.Version, row.HasParked));
        var starts = await StartsAsync(position, [.. arrived.Where(a => !known.ContainsKey(a.Key))], cancel);

        foreach (var events in arrived.Where(a => !known.TryGetValue(a.Key, out var at) || !at.HasParked))
            Sort(events.Key, known.TryGetValue(events.Key, out var at) ? at.Version : starts[events.Key], [.. events]);
        var withParked = arrived.Where(a => known.TryGetValue(a.Key, out var at) && at.HasParked).ToList();
        if (withParked.Count > 0) await SortBehindParkedAsync(connection, withParked, cancel);
    }

    void Sort(Aggregate aggregate, int version, IReadOnlyCollection<LoggedEvent> events)
    {
        handled[aggregate] = version;
        var (now, later) = LoggedEvent.Order(version, events);
        Repeats += events.Count - now.Count - later.Count;
        ready.AddRange(now);
        parked.AddRange(later);
    }

    /// <summary>
    /// For aggregates that the subscriber meets for the first time, the version before their first event: that is not always 1, since the subscriber may
    /// be younger than they are, and the first event in this step need not be their first in the log.
    /// </summary>
    async Task<Dictionary<Aggregate, int>> StartsAsync(Position position, List<IGrouping<Aggregate, LoggedEvent>> unknown, CancellationToken cancel)
    {
        var starts = unknown.ToDictionary(u => u.Key, u => u.Min(e => e.Version) - 1);
        var old = unknown.Where(u => starts[u.Key] > 0).ToList();
        if (old.Count == 0) return starts;
        foreach (var (aggregate, version) in await log.Source.QueryAsync(FirstAhead, static row => (ReadAggregate(row), row.GetInt32(2)),
            [Xid(position.Xid), position.Id, Names(old), Ids(old)], cancel))
            starts[aggregate] = Math.Min(starts[aggregate], version - 1);
        return starts;
    }

    /// <summary>Where events wait already, a job may be at work: it and we take turns at the aggregate's inbox row.</summary>
    async Task SortBehindParkedAsync(NpgsqlConnection connection, List<IGrouping<Aggregate, LoggedEvent>> arrived, CancellationToken cancel)
    {
        var ours = (await connection.QueryAsync(LockInbox, static row => (Aggregate: ReadAggregate(row), Version: row.GetInt32(2), Failed: row.GetBoolean(3)),
            [subscriber.Name, Names(arrived), Ids(arrived)], cancel)).ToDictionary(row => row.Aggregate, row => (row.Version, row.Failed));
        var open = arrived.Where(a => ours.TryGetValue(a.Key, out var at) && !at.Failed).ToList();
        var waiting = (await connection.QueryAsync(FindParked, static row => LoggedEvent.Read(row), [subscriber.Name, Names(open), Ids(open)], cancel)).ToLookup(e => e.Aggregate);
        foreach (var events in arrived)
        {
            if (!ours.TryGetValue(events.Key, out var at))
            {
                // A job handles what is parked, and may not see what we park now: another looks after it.
                parked.AddRange(events);
                retries[events.Key] = clock.GetUtcNow();
            }
            else if (at.Failed) parked.AddRange(events.Where(e => e.Version > at.Version));
            else
            {
                Sort(events.Key, at.Version, [.. events, .. waiting[events.Key]]);
                unparked.Add(events.Key);
            }
        }
    }

    async Task HandleAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancel)
    {
        var writes = new EventWrites(connection);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Subscriber.HandlingTimeMax);
        // In the order of aggregates, so that subscribers which write to the same rows mostly meet them in the same order.
        foreach (var happened in ready.OrderBy(e => e.AggregateId).ThenBy(e => e.Aggregate.Name, StringComparer.Ordinal).ThenBy(e => e.Version))
        {
            if (retries.ContainsKey(happened.Aggregate))
            {
                parked.Add(happened);
                continue;
            }
            if (careful) await transaction.SaveAsync(Savepoint, cancel);
            try
            {
                // Each has its time, when failures are looked for; all together have it while there are none.
                if (careful) limit.CancelAfter(Subscriber.HandlingTimeMax);
                Hints.AddRange(await subscriber.HandleAsync(happened, connection, writes, services, limit.Token));
                if (careful) await writes.RunAsync(limit.Token);
                handled[happened.Aggregate] = happened.Version;
            }
            catch (Exception failure) when (!cancel.IsCancellationRequested && connection.State == System.Data.ConnectionState.Open)
            {
                // A conflict with others may hold locks of earlier events: with them undone, and alone, the event has a fair try.
                if (!careful || (rowsMax > 1 && IsConflict(failure))) throw new HandlingFailedException(failure);
                writes.Clear();
                await transaction.RollbackAsync(Savepoint, cancel);
                Failures.Add((happened, failure));
                parked.Add(happened);
                retries[happened.Aggregate] = clock.GetUtcNow() + Backoff.First;
            }
            if (careful) await transaction.ReleaseAsync(Savepoint, cancel);
        }
        try
        {
            await writes.RunAsync(cancel);
        }
        catch (Exception failure) when (!cancel.IsCancellationRequested && connection.State == System.Data.ConnectionState.Open)
        {
            throw new HandlingFailedException(failure);
        }
    }

    static bool IsConflict(Exception failure) => failure is PostgresException
    {
        SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.LockNotAvailable
    };

    async Task WriteAsync(NpgsqlConnection connection, Position position, CancellationToken cancel)
    {
        await using var batch = connection.CreateBatch();
        var now = clock.GetUtcNow();
        if (handled.Count > 0)
            batch.Add(NoteHandled, subscriber.Name, handled.Keys.Select(a => a.Name).ToArray(), handled.Keys.Select(a => a.Id).ToArray(), handled.Values.ToArray(), now);
        if (unparked.Count > 0)
            batch.Add(Unpark, subscriber.Name, unparked.Select(a => a.Name).ToArray(), unparked.Select(a => a.Id).ToArray(), unparked.Select(a => handled[a]).ToArray());
        foreach (var waiting in parked)
            batch.Add(Park, subscriber.Name, waiting.Aggregate.Name, waiting.AggregateId, waiting.Version, waiting.Type, waiting.OccurredAt,
                new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Jsonb, Value = waiting.Payload });
        foreach (var (aggregate, dueAt) in retries)
            batch.AddJob(ParkedEvents.JobType(subscriber.Name), new ParkedEvents.Of(aggregate.Name, aggregate.Id), dueAt);
        batch.Add(MoveCursor, subscriber.Name, Xid(position.Xid), position.Id);
        await batch.ExecuteNonQueryAsync(cancel);
    }

    /// <param name="Horizon">The oldest running transaction: everything below it has ended.</param>
    sealed record Position(ulong Xid, long Id, ulong Horizon);

    /// <param name="Event">Null for one of an aggregate that the subscriber does not take.</param>
    readonly record struct Row(ulong Xid, long Id, LoggedEvent? Event);

    static Row ReadRow(NpgsqlDataReader row) =>
        new(row.GetFieldValue<ulong>(0), row.GetInt64(1), row.IsDBNull(6) ? null : LoggedEvent.Read(row, 2));

    static Aggregate ReadAggregate(NpgsqlDataReader row) => new(row.GetString(0), row.GetGuid(1));

    static string[] Names(List<IGrouping<Aggregate, LoggedEvent>> aggregates) => [.. aggregates.Select(a => a.Key.Name)];

    static Guid[] Ids(List<IGrouping<Aggregate, LoggedEvent>> aggregates) => [.. aggregates.Select(a => a.Key.Id)];

    static NpgsqlParameter Xid(ulong value) => new() { NpgsqlDbType = NpgsqlDbType.Xid8, Value = value };

    const string Savepoint = "before_event";

    // One relay for each subscriber over all nodes: the others find the row locked and do something else.
    const string Lock = """
        SELECT xid, id, pg_snapshot_xmin(pg_current_snapshot()) FROM platform.subscribers WHERE name = $1 FOR NO KEY UPDATE SKIP LOCKED
        """;

    internal const string Read = """
        -- What the subscriber does not take moves its cursor too, but its payload stays here.
        SELECT xid, id, type, aggregate_id, version, occurred_at, CASE WHEN split_part(type, '.', 1) = ANY($4) THEN payload END
        FROM platform.outbox WHERE (xid, id) > ($1, $2) AND xid < $3
        ORDER BY xid, id LIMIT $5
        """;

    // One snapshot for both: where nothing is parked, no job is at work, and the version is the last.
    const string FindInbox = """
        SELECT i.aggregate, i.aggregate_id, i.version,
            EXISTS (SELECT FROM platform.parked_events p WHERE (p.aggregate_id, p.subscriber, p.aggregate) = (i.aggregate_id, i.subscriber, i.aggregate))
        FROM platform.inbox i JOIN unnest($2::text[], $3::uuid[]) AS a (aggregate, aggregate_id) USING (aggregate, aggregate_id)
        WHERE i.subscriber = $1
        """;

    // The next version is parked only if it was tried and failed, or is being tried.
    const string LockInbox = """
        SELECT i.aggregate, i.aggregate_id, i.version,
            EXISTS (SELECT FROM platform.parked_events p
                    WHERE (p.aggregate_id, p.subscriber, p.aggregate, p.version) = (i.aggregate_id, i.subscriber, i.aggregate, i.version + 1))
        FROM platform.inbox i JOIN unnest($2::text[], $3::uuid[]) AS a (aggregate, aggregate_id) USING (aggregate, aggregate_id)
        WHERE i.subscriber = $1 ORDER BY i.aggregate_id, i.aggregate FOR NO KEY UPDATE OF i SKIP LOCKED
        """;

    const string FindParked = """
        SELECT p.type, p.aggregate_id, p.version, p.occurred_at, p.payload
        FROM platform.parked_events p JOIN unnest($2::text[], $3::uuid[]) AS a (aggregate, aggregate_id) USING (aggregate, aggregate_id)
        WHERE p.subscriber = $1
        """;

    const string FirstAhead = """
        -- Above the horizon too: the predecessor has been committed, and another transaction may be what keeps it from being read.
        SELECT a.aggregate, a.aggregate_id, min(o.version)
        FROM platform.outbox o JOIN unnest($3::text[], $4::uuid[]) AS a (aggregate, aggregate_id)
            ON a.aggregate_id = o.aggregate_id AND a.aggregate = split_part(o.type, '.', 1)
        WHERE (o.xid, o.id) > ($1, $2)
        GROUP BY a.aggregate, a.aggregate_id
        """;

    const string NoteHandled = """
        INSERT INTO platform.inbox AS i (subscriber, aggregate, aggregate_id, version, handled_at)
        SELECT $1, aggregate, aggregate_id, version, $5 FROM unnest($2::text[], $3::uuid[], $4::int[]) AS h (aggregate, aggregate_id, version)
        ORDER BY aggregate_id, aggregate
        ON CONFLICT (aggregate_id, subscriber, aggregate) DO UPDATE SET version = excluded.version, handled_at = excluded.handled_at
        """;

    const string Unpark = """
        DELETE FROM platform.parked_events p USING unnest($2::text[], $3::uuid[], $4::int[]) AS h (aggregate, aggregate_id, version)
        WHERE p.subscriber = $1 AND p.aggregate = h.aggregate AND p.aggregate_id = h.aggregate_id AND p.version <= h.version
        """;

    const string Park = """
        INSERT INTO platform.parked_events (subscriber, aggregate, aggregate_id, version, type, occurred_at, payload)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING
        """;

    const string MoveCursor = "UPDATE platform.subscribers SET xid = $2, id = $3 WHERE name = $1";
}

/// <summary>A handler failed in a step that took many events at once; nothing of the step was kept.</summary>
internal sealed class HandlingFailedException(Exception cause) : Exception("A subscriber failed to handle an event.", cause);
