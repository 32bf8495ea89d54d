using Souk.Platform.Data;
using Souk.Platform.Telemetry;

namespace Souk.Platform.Outbox;

/// <summary>
/// Events are rows written in the transaction that made them true; the relay tells subscribers afterwards. Publishers keep one promise:
/// the versions of an aggregate's events are 1, 2, 3, … without gaps, numbered under the aggregate's row lock.
/// </summary>
public static class Outbox
{
    /// <summary>Adds the event to a batch, so that it travels in the same round trip and commits with the rest.</summary>
    public static NpgsqlBatch AddEvent<TEvent>(this NpgsqlBatch batch, Guid aggregateId, int version, DateTimeOffset now, TEvent happened)
        where TEvent : IEvent => batch.Add(Append, TEvent.Type, Followed(aggregateId), version, now, Sql.Jsonb(happened));

    /// <summary>Adds one event of each of several aggregates to a batch, in one statement.</summary>
    public static NpgsqlBatch AddEvents<TEvent>(this NpgsqlBatch batch, int version, DateTimeOffset now, IReadOnlyList<(Guid AggregateId, TEvent Happened)> events)
        where TEvent : IEvent => batch.Add(AppendAll, TEvent.Type, version, now, events.Select(e => e.AggregateId).ToArray(), Sql.Jsonbs(events.Select(e => e.Happened)));

    /// <summary>Writes the event in the connection's open transaction.</summary>
    public static Task AppendEventAsync<TEvent>(this NpgsqlConnection connection, Guid aggregateId, int version, DateTimeOffset now, TEvent happened,
        CancellationToken cancel) where TEvent : IEvent =>
        connection.ExecuteAsync(Append, [TEvent.Type, Followed(aggregateId), version, now, Sql.Jsonb(happened)], cancel);

    /// <summary>By this id the traces of what subscribers do are found from the one that wrote the event.</summary>
    static Guid Followed(Guid aggregateId)
    {
        Traces.Concerns(Traces.AggregateId, aggregateId);
        return aggregateId;
    }

    /// <summary>
    /// The head of an INSERT that a module continues with a SELECT of its own, where only the statement knows which events there are. Nothing else of
    /// the platform's tables is a module's business.
    /// </summary>
    public const string AppendFrom = "INSERT INTO platform.outbox (type, aggregate_id, version, occurred_at, payload)";

    internal const string AppendAll = $"{AppendFrom} SELECT $1, e.id, $2, $3, e.payload FROM unnest($4::uuid[], $5::jsonb[]) AS e (id, payload)";

    internal const string Append = $"{AppendFrom} VALUES ($1, $2, $3, $4, $5)";
}
