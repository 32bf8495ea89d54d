namespace Souk.Platform.Cache;

/// <summary>
/// Keeps what a process remembers of the database fresh by asking whether anything changed: on demand, not more often than every <paramref name="pause"/>; at once
/// after a <see cref="Hint"/>; and before anything is answered when the last look began longer ago than <paramref name="ageMax"/>.
/// </summary>
/// <param name="look">Asks, and drops what changed. One runs at a time.</param>
public sealed class Looks(Func<Task> look, TimeProvider clock, TimeSpan pause, TimeSpan ageMax)
{
    readonly Lock guard = new();

    // Written by one look at a time, read without the guard: an older value only leads to one more look.
    long lookedAt;
    volatile bool hasLooked;
    Task? current, next, hinted;

    /// <summary>Somebody says that something changed: whoever asks after this waits for a look that began after it.</summary>
    public void Hint() => hinted = LookAsync();

    /// <summary>Returns once all that is remembered has seen every change but those of the last <c>ageMax</c>.</summary>
    public async ValueTask FreshAsync(CancellationToken cancel)
    {
        // A look that failed is made up for below, where its time is missed.
        if (hinted is { IsCompleted: false } told) await Task.WhenAny(told).WaitAsync(cancel);
        if (hasLooked && clock.GetElapsedTime(Volatile.Read(ref lookedAt)) is var age && age <= ageMax)
        {
            if (age > pause && current is null) _ = LookAsync();
            return;
        }
        while (!hasLooked || clock.GetElapsedTime(Volatile.Read(ref lookedAt)) > ageMax)
        {
            Task looking;
            lock (guard) looking = current ?? LookAsync();
            await looking.WaitAsync(cancel);
        }
    }

    /// <summary>A look that begins after this call; those who call meanwhile share the next.</summary>
    public Task LookAsync()
    {
        lock (guard)
        {
            if (current is null) return Forget(current = RunAsync());
            return next ??= Forget(AfterAsync(current));
        }
    }

    async Task AfterAsync(Task before)
    {
        await Task.WhenAny(before);
        Task mine;
        lock (guard)
        {
            next = null;
            mine = current ??= RunAsync();
        }
        await mine;
    }

    async Task RunAsync()
    {
        // So that it stands in its field before it can leave it.
        await Task.Yield();
        try
        {
            var startedAt = clock.GetTimestamp();
            await look();
            Volatile.Write(ref lookedAt, startedAt);
            hasLooked = true;
        }
        finally
        {
            lock (guard) current = null;
        }
    }

    /// <summary>Marks its failure as seen: whoever needs the look awaits it, or does it again.</summary>
    static Task Forget(Task task)
    {
        task.ContinueWith(static failed => _ = failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return task;
    }
}
