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

    /// <summary>Enqueues this job at every tick of a cron expression (six fields, seconds first, UTC), once for all nodes.</summary>
    public WorkMap Every(string cron, string type, JobHandler<Tick> handler, JobPolicy? policy = null)
    {
        schedules.Add(new Schedule(type, cron));
        return Job(type, handler, policy);
    }

    /// <summary>Hands every event of a type to the handler, in order of version per aggregate, in the transaction that remembers it as handled.</summary>
    /// <param name="subscriber">Module and verb, stored in the database: <c>catalog.show-stock-state</c>. Never renamed.</param>
    public WorkMap On<TEvent>(string subscriber, EventSubscriber<TEvent> handler) where TEvent : IEvent
    {
        subscriptions.Add(Subscription.Of(subscriber, handler));
        return this;
    }
}
