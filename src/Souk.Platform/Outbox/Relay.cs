using Souk.Platform.Data;
using Souk.Platform.Modules;

namespace Souk.Platform.Outbox;

/// <summary>How big the relay's steps are.</summary>
/// <param name="RowsMax">Rows of the log that one step takes while all goes well.</param>
/// <param name="CarefulRowsMax">The same after a failure, when each event has a savepoint.</param>
internal sealed record RelayLimits(int RowsMax = 500, int CarefulRowsMax = 50);

/// <summary>
/// Hands events to the subscribers of this process soon after their commit: once each for what the handler writes in its transaction, in order of version
/// per aggregate. Any number of nodes may run it; each subscriber is served by one of them at a time. How a step works: <see cref="RelayBatch"/>.
/// </summary>
/// <remarks>
/// A look every <see cref="LookPause"/> compares all cursors with the end of the log in one statement; a subscriber that is behind is served until it is not.
/// How far behind it can be is set by the longest transaction that writes: nothing above the oldest running one is read.
/// </remarks>
internal sealed class Relay(WorkDatabase log, NpgsqlDataSource db, WorkMap work, RelayLimits limits, TimeProvider clock, IServiceProvider services,
    IHostApplicationLifetime lifetime, ILogger<Relay> logger) : BackgroundService
{
    static readonly TimeSpan LookPause = TimeSpan.FromMilliseconds(200), RetryPause = TimeSpan.FromSeconds(1);

    /// <summary>How often a worker says that its subscribers are in use.</summary>
    static readonly TimeSpan RegisterPause = TimeSpan.FromHours(1);

    /// <summary>Subscribers that one node serves at the same moment; each takes a connection from the pool that requests use too.</summary>
    const int ConcurrencyMax = 4;

    /// <summary>By subscriber; what has ended stays until it is served again. Only the loop touches it.</summary>
    readonly Dictionary<string, Task> serving = [];

    readonly SemaphoreSlim hands = new(ConcurrencyMax);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var subscribers = Subscriber.Of(work).ToDictionary(s => s.Name);
        if (subscribers.Count == 0) return;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lifetime.ApplicationStopping);
        DateTimeOffset? registeredAt = null;
        using var timer = new PeriodicTimer(LookPause);
        try
        {
            do
            {
                try
                {
                    if (registeredAt is null || clock.GetUtcNow() - registeredAt > RegisterPause) registeredAt = await RegisterAsync(stop.Token);
                    foreach (var behind in await log.Source.QueryAsync(Behind, static row => row.GetString(0), [subscribers.Keys.ToArray()], stop.Token))
                        if (!serving.TryGetValue(behind, out var under) || under.IsCompleted)
                            serving[behind] = ServeAsync(subscribers[behind], stop.Token);
                }
                catch (Exception away) when (!stop.IsCancellationRequested)
                {
                    logger.LogWarning("The event log cannot be read now; trying again: {Reason}", away.Message);
                    log.Forget();
                    await Task.Delay(RetryPause, stop.Token);
                }
            }
            while (await timer.WaitForNextTickAsync(stop.Token));
        }
        catch (Exception) when (stop.IsCancellationRequested)
        {
            // A step that was cut off has left nothing behind.
            await Task.WhenAll(serving.Values);
        }
    }

    async Task<DateTimeOffset> RegisterAsync(CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        await using var connection = await log.Source.OpenConnectionAsync(cancel);
        if (await Subscriber.RegisterAsync(connection, work, now, cancel))
            logger.LogWarning("The database was restored into another cluster: the event log was taken up where it was left");
        return now;
    }

    /// <summary>Step by step to the end of the log; ends also when another node serves this subscriber. Never throws.</summary>
    async Task ServeAsync(Subscriber subscriber, CancellationToken stop)
    {
        try
        {
            await hands.WaitAsync(stop);
            try { await CatchUpAsync(subscriber, stop); }
            finally { hands.Release(); }
        }
        catch (Exception) when (stop.IsCancellationRequested)
        {
            return;
        }
        catch (Exception away)
        {
            logger.LogWarning("Subscriber {Subscriber} waits: {Reason}", subscriber.Name, away.Message);
            log.Forget();
            await Task.WhenAny(Task.Delay(RetryPause, stop));
        }
    }

    async Task CatchUpAsync(Subscriber subscriber, CancellationToken stop)
    {
        // After a failure, steps are small and careful until what the failed one had taken is behind.
        var (rows, carefulRows) = (limits.RowsMax, 0);
        while (true)
        {
            var step = new RelayBatch(subscriber, db, log, services, clock, rows, careful: carefulRows > 0);
            try
            {
                var moved = await step.RunAsync(stop);
                subscriber.Give(step.Hints, logger);
                foreach (var (happened, failure) in step.Failures)
                    logger.LogWarning(failure, "Subscriber {Subscriber} failed to handle {Type} version {Version} of {AggregateId}; parked with those after it",
                        subscriber.Name, happened.Type, happened.Version, happened.AggregateId);
                if (step.Repeats > 0) logger.LogWarning("Subscriber {Subscriber} passed over {Count} events whose versions it had handled before", subscriber.Name, step.Repeats);
                if (moved < rows) return;
                carefulRows = Math.Max(0, carefulRows - moved);
                rows = carefulRows > 0 ? limits.CarefulRowsMax : limits.RowsMax;
            }
            catch (HandlingFailedException)
            {
                carefulRows = Math.Max(carefulRows, rows);
                rows = rows > limits.CarefulRowsMax ? limits.CarefulRowsMax : 1;
            }
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        hands.Dispose();
    }

    internal const string Behind = """
        SELECT s.name FROM platform.subscribers s
        WHERE s.name = ANY($1) AND (s.xid, s.id) < (SELECT o.xid, o.id FROM platform.outbox o ORDER BY o.xid DESC, o.id DESC LIMIT 1)
        """;
}
