using Souk.Platform.Data;

namespace Souk.Platform.Bus;

/// <summary>
/// The bus over LISTEN and NOTIFY: every node listens on one connection of its own, outside every pool, and sends what was published meanwhile in
/// one statement, never in the transaction of business. Subscribers of this node are told at once, whether or not the database answers.
/// </summary>
/// <remarks>
/// Costs a round trip for all that waits, without a sync of the disk. A message equal to one that waits is sent once; of more than
/// <see cref="WaitingMax"/> the oldest is dropped. Needs a connection that stays with its server: a pooler that shares them by transaction loses every message.
/// </remarks>
internal sealed class PostgresBus(string connectionString, WorkDatabase db, ILogger<PostgresBus> log) : BackgroundService, IBus
{
    public const int WaitingMax = 10_000, FlushMax = 500;

    /// <summary>The connection that listens, by its name in pg_stat_activity.</summary>
    public const string ApplicationName = "souk bus";

    const string Channel = "souk";
    const char Between = '\n';

    /// <summary>A listener whose server vanished without a word finds out within this time.</summary>
    const int KeepAliveSeconds = 10;

    static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(100), RetryPauseMax = TimeSpan.FromSeconds(5);

    /// <summary>Tells our own messages, which subscribers here have heard already, from those of others.</summary>
    readonly string node = Guid.NewGuid().ToString("n");

    readonly Lock guard = new();
    readonly Dictionary<string, Action<string>[]> subscribers = [];
    readonly Queue<string> waiting = [];
    readonly HashSet<string> waitingSet = [];
    readonly SemaphoreSlim published = new(0);

    public void Publish(string topic, string text)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(text.Length, IBus.TextMax, nameof(text));
        if (topic.Contains(Between) || topic.Length == 0) throw new ArgumentException("A topic is one line.", nameof(topic));
        Deliver(topic, text);
        var message = $"{node}{Between}{topic}{Between}{text}";
        lock (guard)
        {
            if (!waitingSet.Add(message)) return;
            waiting.Enqueue(message);
            if (waiting.Count > WaitingMax) waitingSet.Remove(waiting.Dequeue());
        }
        if (published.CurrentCount == 0) published.Release();
    }

    public IDisposable Subscribe(string topic, Action<string> onMessage)
    {
        lock (guard) subscribers[topic] = [.. subscribers.GetValueOrDefault(topic, []), onMessage];
        return new Subscription(() =>
        {
            lock (guard)
            {
                // One of them, should the same action have subscribed twice.
                var left = subscribers[topic].ToList();
                left.Remove(onMessage);
                subscribers[topic] = [.. left];
            }
        });
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        PersistAsync("listen", ListenAsync, stoppingToken), PersistAsync("send", SendAsync, stoppingToken));

    async Task ListenAsync(Action works, CancellationToken stop)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, ApplicationName = ApplicationName, KeepAlive = KeepAliveSeconds };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        connection.Notification += (_, heard) => Hear(heard.Payload);
        await connection.OpenAsync(stop);
        await connection.ExecuteAsync($"LISTEN {Channel}", [], stop);
        works();
        while (true) await connection.WaitAsync(stop);
    }

    async Task SendAsync(Action works, CancellationToken stop)
    {
        while (true)
        {
            var messages = Take();
            if (messages.Length > 0)
            {
                await db.Source.ExecuteAsync(Notify, [Channel, messages], stop);
                works();
            }
            else await published.WaitAsync(stop);
        }
    }

    /// <summary>What was taken and could not be sent is lost: by the time the database answers again, everyone has looked for themselves.</summary>
    string[] Take()
    {
        lock (guard)
        {
            var messages = new string[Math.Min(waiting.Count, FlushMax)];
            for (var i = 0; i < messages.Length; i++) waitingSet.Remove(messages[i] = waiting.Dequeue());
            return messages;
        }
    }

    void Hear(string message)
    {
        var parts = message.Split(Between, 3);
        if (parts.Length == 3 && parts[0] != node) Deliver(parts[1], parts[2]);
    }

    void Deliver(string topic, string text)
    {
        Action<string>[] told;
        lock (guard) told = subscribers.GetValueOrDefault(topic, []);
        foreach (var tell in told)
        {
            try
            {
                tell(text);
            }
            catch (Exception failure)
            {
                // A listener's fault is none of the publisher's.
                log.LogError(failure, "A listener of the bus failed on topic {Topic}", topic);
            }
        }
    }

    /// <summary>Runs for ever: whatever ends the connection, another is tried, at once and then at growing pauses.</summary>
    async Task PersistAsync(string what, Func<Action, CancellationToken, Task> runAsync, CancellationToken stop)
    {
        var pause = RetryPause;
        while (true)
        {
            try
            {
                await runAsync(() => pause = RetryPause, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception away)
            {
                log.LogWarning("The bus cannot {What} and tries again in {Pause}: {Reason}", what, pause, away.Message);
            }
            try { await Task.Delay(pause, stop); }
            catch (OperationCanceledException) { return; }
            pause = pause * 2 > RetryPauseMax ? RetryPauseMax : pause * 2;
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        published.Dispose();
    }

    sealed class Subscription(Action end) : IDisposable
    {
        Action? end = end;
        public void Dispose() => Interlocked.Exchange(ref end, null)?.Invoke();
    }

    // A hint that a crash of the server loses is no loss: its commit need not wait for the disk.
    const string Notify = """
        SELECT pg_notify($1, message)
        FROM unnest($2::text[]) AS m (message), (SELECT set_config('synchronous_commit', 'off', true)) AS quick
        """;
}
