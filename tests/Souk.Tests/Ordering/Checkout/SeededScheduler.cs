namespace Souk.Tests.Ordering.Checkout;

/// <summary>
/// Runs everything on one thread and chooses from a seed who goes on at each await: the same seed is the same run, to the last step. Time passes by steps,
/// and a timer may ring at any of them.
/// </summary>
sealed class SeededScheduler(int seed) : SynchronizationContext
{
    /// <summary>A run that takes longer goes round in circles.</summary>
    const int StepsMax = 200_000;

    static readonly TimeSpan StepTime = TimeSpan.FromMilliseconds(5);

    readonly Random random = new(seed);
    readonly List<(SendOrPostCallback Callback, object? State)> ready = [];

    /// <summary>Steps so far.</summary>
    public int Now { get; private set; }

    public TimeProvider Clock => field ??= new StepClock(this);

    public bool Chance(double of) => random.NextDouble() < of;

    public int Next(int max) => random.Next(max);

    /// <summary>Lets others go on, perhaps many of them.</summary>
    public Task YieldAsync()
    {
        var next = new TaskCompletionSource();
        Post(_ => next.SetResult(), null);
        return next.Task;
    }

    public override void Post(SendOrPostCallback d, object? state) => ready.Add((d, state));

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("Nothing waits here.");

    /// <summary>Runs it and whatever it starts until nobody can go on. What has no answer by then never gets one.</summary>
    public void Run(Func<Task> begin)
    {
        var before = Current;
        SetSynchronizationContext(this);
        try
        {
            var running = begin();
            while (ready.Count > 0)
            {
                var at = random.Next(ready.Count);
                var (callback, state) = ready[at];
                ready[at] = ready[^1];
                ready.RemoveAt(ready.Count - 1);
                callback(state);
                if (++Now > StepsMax) throw new InvalidOperationException($"Seed {seed} goes round in circles.");
            }
            if (!running.IsCompleted) throw new InvalidOperationException($"Seed {seed}: somebody waits for ever.");
            running.GetAwaiter().GetResult();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    sealed class StepClock(SeededScheduler steps) : TimeProvider
    {
        static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Begin + steps.Now * StepTime;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new StepTimer();
            if (dueTime != Timeout.InfiniteTimeSpan) steps.Post(_ => { if (!timer.IsStopped) callback(state); }, null);
            return timer;
        }

        sealed class StepTimer : ITimer
        {
            public bool IsStopped { get; private set; }
            public bool Change(TimeSpan dueTime, TimeSpan period) => throw new NotSupportedException("A timer rings once.");
            public void Dispose() => IsStopped = true;
            public ValueTask DisposeAsync()
            {
                IsStopped = true;
                return ValueTask.CompletedTask;
            }
        }
    }
}
