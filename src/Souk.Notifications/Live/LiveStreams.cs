using Souk.Contracts;
using Souk.Notifications.Inbox;
using Souk.Platform.Bus;
using Souk.Platform.Telemetry;

namespace Souk.Notifications.Live;

/// <summary>
/// The open streams of this node. One reader serves all of them: hints from the bus name customers, and one statement reads what is new for all that were
/// named meanwhile, once for each customer however many connections they have. A look at all of them every <see cref="LookPause"/> makes up for lost hints.
/// </summary>
/// <remarks>
/// At a stop, streams end after the process has said that it is not ready and before requests are cut off; clients go on at another node.
/// </remarks>
internal sealed class LiveStreams(NpgsqlDataSource db, IBus bus, IIdentity identity, NotificationsOptions options, TimeProvider clock, ILogger<LiveStreams> log)
    : BackgroundService, IHostedLifecycleService
{
    static readonly TimeSpan LookPause = TimeSpan.FromSeconds(1);

    /// <summary>A reading that takes longer is given up: streams must be heard to live while the database is silent.</summary>
    const int ReadSecondsMax = 5;

    /// <summary>At a stop, streams get so long to say what waits.</summary>
    const int EndSecondsMax = 5;

    readonly Lock guard = new();
    readonly Dictionary<Guid, List<LiveStream>> streams = [];
    readonly HashSet<Guid> woken = [];
    readonly SemaphoreSlim wake = new(0);
    int count;
    bool stopping;

    public int Count => Volatile.Read(ref count);

    /// <summary>A guess before anything is spent on a stream; <see cref="Add"/> decides.</summary>
    public Error? Refuse()
    {
        lock (guard) return stopping ? LiveErrors.Stopping : count >= options.StreamsMax ? LiveErrors.StreamsFull : null;
    }

    /// <summary>From now on the stream is told what happens; null when it is.</summary>
    public Error? Add(LiveStream stream)
    {
        var customer = stream.Follower.CustomerId;
        lock (guard)
        {
            if (stopping) return LiveErrors.Stopping;
            if (count >= options.StreamsMax) return LiveErrors.StreamsFull;
            if (!streams.TryGetValue(customer, out var theirs)) streams[customer] = theirs = [];
            if (theirs.Count >= options.StreamsPerCustomerMax) return LiveErrors.StreamsTooMany;
            theirs.Add(stream);
            count++;
        }
        Measures.StreamOpened();
        Wake(customer);
        return null;
    }

    public void Remove(LiveStream stream)
    {
        lock (guard)
        {
            var theirs = streams[stream.Follower.CustomerId];
            theirs.Remove(stream);
            if (theirs.Count == 0) streams.Remove(stream.Follower.CustomerId);
            count--;
        }
        Measures.StreamClosed();
    }

    /// <summary>Reads for this customer soon, when they have a stream here.</summary>
    public void Wake(Guid customer)
    {
        lock (guard)
        {
            if (!streams.ContainsKey(customer) || !woken.Add(customer)) return;
            if (wake.CurrentCount == 0) wake.Release();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var hints = bus.Subscribe(WriteInbox.Topic, text =>
        {
            if (Guid.TryParseExact(text, "n", out var customer)) Wake(customer);
        });
        var lookedAt = TimeProvider.System.GetTimestamp();
        try
        {
            while (true)
            {
                var left = LookPause - TimeProvider.System.GetElapsedTime(lookedAt);
                if (left > TimeSpan.Zero) await wake.WaitAsync(left, stoppingToken);
                var all = TimeProvider.System.GetElapsedTime(lookedAt) >= LookPause;
                if (all)
                {
                    lookedAt = TimeProvider.System.GetTimestamp();
                    Look();
                }
                try
                {
                    await ReadAsync(all, stoppingToken);
                }
                catch (Exception away) when (!stoppingToken.IsCancellationRequested)
                {
                    // Nobody has lost their place: the next look reads for all.
                    log.LogWarning("Inboxes cannot be read now; trying again in {Pause}: {Reason}", LookPause, away.Message);
                    await Task.Delay(LookPause, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return;
        }
    }

    async Task ReadAsync(bool all, CancellationToken stop)
    {
        var asked = Ask(all);
        if (asked.Count == 0) return;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(TimeSpan.FromSeconds(ReadSecondsMax));
        foreach (var news in await ReadInbox.NewsAsync(db, asked, limit.Token)) Give(news);
    }

    List<(Guid, StreamPosition)> Ask(bool all)
    {
        lock (guard)
        {
            var asked = new List<(Guid, StreamPosition)>();
            foreach (var customer in all ? streams.Keys : (IEnumerable<Guid>)woken)
                if (streams.TryGetValue(customer, out var theirs) && LiveStream.EarliestOf(theirs) is { } after) asked.Add((customer, after));
            woken.Clear();
            return asked;
        }
    }

    void Give(News news)
    {
        lock (guard)
        {
            if (!streams.TryGetValue(news.CustomerId, out var theirs)) return;
            foreach (var stream in theirs) stream.Take(news, clock.GetUtcNow());
            if (theirs.Exists(stream => stream.IsBehind && stream.HasRoom)) Wake(news.CustomerId);
        }
    }

    /// <summary>Ends streams whose session or time has ended, and lets the silent ones say that they live.</summary>
    void Look()
    {
        var (now, silence) = (clock.GetUtcNow(), TimeSpan.FromSeconds(options.HeartbeatSeconds));
        lock (guard)
            foreach (var stream in streams.Values.SelectMany(theirs => theirs))
                if (stream.EndsAt <= now || (stream.Follower.SessionId is { } session && identity.HasEnded(session))) stream.End();
                else stream.Beat(silence);
    }

    /// <summary>Comes after health has said that this process is not ready, and before the server stops taking requests.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        lock (guard)
        {
            stopping = true;
            foreach (var stream in streams.Values.SelectMany(theirs => theirs)) stream.End();
        }
        var began = TimeProvider.System.GetTimestamp();
        while (Count > 0 && TimeProvider.System.GetElapsedTime(began).TotalSeconds < EndSecondsMax && !cancellationToken.IsCancellationRequested)
            await Task.WhenAny(Task.Delay(TimeSpan.FromMilliseconds(10), cancellationToken));
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Dispose()
    {
        base.Dispose();
        wake.Dispose();
    }
}
