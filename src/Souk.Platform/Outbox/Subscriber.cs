using System.Diagnostics;
using System.Text.Json;
using Souk.Platform.Data;
using Souk.Platform.Modules;
using Souk.Platform.Telemetry;

namespace Souk.Platform.Outbox;

/// <summary>A named reader of the event log with everything it takes.</summary>
internal sealed class Subscriber
{
    /// <summary>A handler that takes longer has failed: it holds locks and a transaction open.</summary>
    public static readonly TimeSpan HandlingTimeMax = TimeSpan.FromSeconds(20);

    readonly Dictionary<string, Subscription> byType;

    Subscriber(string name, IEnumerable<Subscription> subscriptions)
    {
        Name = name;
        byType = subscriptions.ToDictionary(s => s.EventType);
        Aggregates = [.. byType.Keys.Select(Aggregate.NameIn).Distinct()];
    }

    public string Name { get; }

    /// <summary>It reads every event of these, also of types it does not take: their versions count too.</summary>
    public string[] Aggregates { get; }

    public static IReadOnlyList<Subscriber> Of(WorkMap work) => [.. work.Subscriptions.GroupBy(s => s.Subscriber, (name, all) => new Subscriber(name, all))];

    public static Subscriber Of(WorkMap work, string name) => new(name, work.Subscriptions.Where(s => s.Subscriber == name));

    /// <summary>Hands the event to its handler; one of a type that nobody takes is handled by that alone. What it adds to the writes is the caller's to run.</summary>
    /// <returns>What the handler wants done once the transaction has committed.</returns>
    public async Task<IReadOnlyList<Action>> HandleAsync(LoggedEvent happened, NpgsqlConnection connection, EventWrites writes, IServiceProvider services, CancellationToken cancel)
    {
        if (!byType.TryGetValue(happened.Type, out var subscription)) return [];
        var context = new EventContext(happened.AggregateId, happened.Version, happened.OccurredAt, connection, writes, services);
        using var span = Traces.Start("event", ActivityKind.Consumer, Traces.AggregateId, happened.AggregateId, Name, happened.Type);
        try
        {
            await subscription.Handle(JsonElement.Parse(happened.Payload), context, cancel);
        }
        catch (Exception failure)
        {
            Traces.Fail(span, failure);
            Measures.EventHandled(Name, happened.Type, "failed");
            throw;
        }
        Measures.EventHandled(Name, happened.Type, "done");
        return context.Hints;
    }

    /// <summary>Call it after the commit: a hint that fails is one that was lost, and undoes nothing.</summary>
    public void Give(IEnumerable<Action> hints, ILogger logger)
    {
        foreach (var hint in hints)
        {
            try
            {
                hint();
            }
            catch (Exception failure)
            {
                logger.LogError(failure, "Subscriber {Subscriber} failed after its commit; what it wrote stays", Name);
            }
        }
    }

    /// <summary>
    /// Makes the subscribers of this build known to the log: those that are new start at the present. The migration calls it, so that nothing
    /// that happens between it and the first worker is missed; a worker repeats it, which also says that they are still in use.
    /// </summary>
    /// <returns>True when the log came from another cluster and was repaired before.</returns>
    public static async Task<bool> RegisterAsync(NpgsqlConnection connection, WorkMap work, DateTimeOffset now, CancellationToken cancel)
    {
        var repaired = await RestoredLog.RepairAsync(connection, cancel);
        await connection.ExecuteAsync(Register, [Of(work).Select(s => s.Name).ToArray(), now], cancel);
        return repaired;
    }

    const string Register = """
        WITH known AS (
            UPDATE platform.subscribers SET seen_at = greatest(seen_at, $2) WHERE name = ANY($1) RETURNING name
        ), young AS (
            INSERT INTO platform.subscribers (name, xid, id, seen_at)
            SELECT name, pg_snapshot_xmin(pg_current_snapshot()), 0, $2 FROM unnest($1::text[]) AS n (name)
            WHERE name NOT IN (SELECT name FROM known) ORDER BY name
            ON CONFLICT (name) DO NOTHING RETURNING name
        ), recent AS (
            -- Committed, and yet to be read because an older transaction still runs: past all the same, with every version before it.
            SELECT DISTINCT split_part(type, '.', 1) AS aggregate, aggregate_id FROM platform.outbox WHERE xid >= pg_snapshot_xmin(pg_current_snapshot())
        )
        INSERT INTO platform.inbox (subscriber, aggregate, aggregate_id, version, handled_at)
        SELECT y.name, r.aggregate, r.aggregate_id, max(o.version), $2
        FROM young y CROSS JOIN recent r JOIN platform.outbox o ON o.aggregate_id = r.aggregate_id AND split_part(o.type, '.', 1) = r.aggregate
        GROUP BY y.name, r.aggregate, r.aggregate_id
        ON CONFLICT DO NOTHING
        """;
}
