using System.Text.Json;
using Souk.Platform.Http;

namespace Souk.Platform.Outbox;

/// <summary>Something that happened, told to others after the commit. Carries ids, never personal data.</summary>
public interface IEvent
{
    /// <summary>Aggregate and past participle: <c>order.placed</c>. Stored; never renamed.</summary>
    static abstract string Type { get; }
}

/// <summary>
/// Handles one event inside the relay's transaction: what it writes on <see cref="EventContext.Connection"/> commits together with the fact
/// that the event was handled, or not at all. Effects outside the database are enqueued as jobs on the same connection.
/// </summary>
public delegate Task EventSubscriber<in TEvent>(TEvent happened, EventContext context, CancellationToken cancel) where TEvent : IEvent;

/// <param name="AggregateId">What it happened to.</param>
/// <param name="Version">1, 2, 3, … for each aggregate without gaps; handlers see them in this order.</param>
/// <param name="Writes">
/// What the handler writes and need not see: that of many events travels together, after their handlers and in the same transaction. A subscriber that reads
/// what it wrote uses <paramref name="Connection"/> alone.
/// </param>
public sealed record EventContext(Guid AggregateId, int Version, DateTimeOffset OccurredAt, NpgsqlConnection Connection, EventWrites Writes, IServiceProvider Services)
{
    internal List<Action> Hints { get; } = [];

    /// <summary>
    /// Calls the action soon after what was written on <see cref="Connection"/> has committed; never when it was undone, and not when the process ends in
    /// between. So it is for hints that may be lost, such as a message on the bus. It must return quickly.
    /// </summary>
    public void AfterCommit(Action hint) => Hints.Add(hint);
}

/// <summary>A named reader of the event log.</summary>
public sealed record Subscription(string Subscriber, string EventType, Func<JsonElement, EventContext, CancellationToken, Task> Handle)
{
    internal static Subscription Of<TEvent>(string subscriber, EventSubscriber<TEvent> handler) where TEvent : IEvent => new(subscriber, TEvent.Type,
        (payload, context, cancel) => handler(payload.Deserialize<TEvent>(Json.Stored) ?? throw new InvalidOperationException($"{TEvent.Type}: payload is null."), context, cancel));
}
