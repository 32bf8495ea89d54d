using Souk.Platform.Jobs;
using Souk.Platform.Outbox;

namespace Souk.Platform.Modules;

/// <summary>What a process does besides answering requests: its jobs, schedules and event subscriptions, by name.</summary>
public sealed class WorkMap
{
    readonly Dictionary<string, JobRegistration> jobs = [];
    readonly List<Schedule> schedules = [];
    readonly List<Subscription> subscriptions = [];

    public IReadOnlyDictionary<string, JobRegistration> Jobs => jobs;
    public IReadOnlyList<Schedule> Schedules => schedules;
    public IReadOnlyList<Subscription> Subscriptions => subscriptions;

    /// <summary>Runs every job of this type. At least once: the handler must be idempotent.</summary>
    /// <param name="type">Module and verb, stored in the database: <c>ordering.expire-orders</c>. Never renamed.</param>
    public WorkMap Job<TArgs>(string type, JobHandler<TArgs> handler, JobPolicy? policy = null) where TArgs : notnull
    {
        jobs.Add(type, JobRegistration.Of(type, handler, policy ?? JobPolicy.Default));
        return this;
    }

    /// <summary>
    /// Enqueues this job at every tick of a cron expression (six fields, seconds first, UTC), once for all nodes. Ticks that nobody was there for are
    /// left out but for the latest; while two of its jobs wait or run, further ticks are left out too.
    /// </summary>
    public WorkMap Every(string cron, string type, JobHandler<Tick> handler, JobPolicy? policy = null)
    {
        schedules.Add(new Schedule(type, cron));
        return Job(type, handler, policy);
    }

    /// <summary>
    /// Hands every event of a type to the handler, in order of version per aggregate, in the transaction that remembers it as handled. A subscriber may
    /// take several types. It starts with what happens after the migration (or, without one, the start of a worker) that first knew its name.
    /// </summary>
    /// <param name="subscriber">Module and verb, stored in the database: <c>catalog.show-stock-state</c>. Never renamed.</param>
    public WorkMap On<TEvent>(string subscriber, EventSubscriber<TEvent> handler) where TEvent : IEvent
    {
        if (subscriptions.Any(s => (s.Subscriber, s.EventType) == (subscriber, TEvent.Type)))
            throw new ArgumentException($"{subscriber} takes {TEvent.Type} already.", nameof(subscriber));
        if (subscriptions.All(s => s.Subscriber != subscriber)) ParkedEvents.Map(this, subscriber);
        subscriptions.Add(Subscription.Of(subscriber, handler));
        return this;
    }
}
