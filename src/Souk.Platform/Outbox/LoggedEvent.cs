namespace Souk.Platform.Outbox;

/// <summary>What an event happened to: the first half of its type and an id. A variant's list price and its stock are two aggregates of one id.</summary>
internal readonly record struct Aggregate(string Name, Guid Id)
{
    /// <summary><c>order.placed</c> → <c>order</c>. The same as SQL's split_part.</summary>
    public static string NameIn(string eventType) => eventType.Split('.', 2)[0];
}

/// <summary>An event as it stands in the log.</summary>
internal sealed record LoggedEvent(string Type, Guid AggregateId, int Version, DateTimeOffset OccurredAt, string Payload)
{
    public Aggregate Aggregate { get; } = new(Aggregate.NameIn(Type), AggregateId);

    public static LoggedEvent Read(NpgsqlDataReader row, int first = 0) =>
        new(row.GetString(first), row.GetGuid(first + 1), row.GetInt32(first + 2), row.GetFieldValue<DateTimeOffset>(first + 3), row.GetString(first + 4));

    /// <summary>The events that can be handled now, by version from the one after <paramref name="handled"/> up to the first gap, and those that must wait for it.</summary>
    /// <param name="events">Of one aggregate, in any order; what was handled before may be among them and is left out.</param>
    public static (List<LoggedEvent> Ready, List<LoggedEvent> Waiting) Order(int handled, IEnumerable<LoggedEvent> events)
    {
        var (ready, waiting) = (new List<LoggedEvent>(), new List<LoggedEvent>());
        foreach (var happened in events.Where(e => e.Version > handled).DistinctBy(e => e.Version).OrderBy(e => e.Version))
            (happened.Version == handled + ready.Count + 1 ? ready : waiting).Add(happened);
        return (ready, waiting);
    }
}
