using System.Diagnostics;

namespace Souk.Platform.Data;

/// <summary>
/// Work that comes while other work is under way is done together (natural batches): nobody waits for company. Alone an item is a batch of
/// one; under load batches grow by themselves, and since all batches of a process take turns (<see cref="BatchTurns"/>), also where there are many kinds of them.
/// </summary>
/// <param name="run">Does a batch and answers each of its items, some of them perhaps only after it has returned; what it throws fails those without an answer.</param>
/// <param name="lanes">Batches under way at once.</param>
/// <param name="itemsMax">Items of one batch.</param>
/// <param name="waitingMax">Items that wait for their turn; more are refused.</param>
/// <param name="turns">Whose turns its batches take; null for those of the process.</param>
public sealed class NaturalBatches<TItem, TAnswer>(Func<IReadOnlyList<Pending<TItem, TAnswer>>, Task> run, int lanes, int itemsMax, int waitingMax = int.MaxValue,
    BatchTurns? turns = null)
{
    readonly BatchTurns turns = turns ?? BatchTurns.OfThisProcess;
    readonly Lock guard = new();
    readonly Queue<Pending<TItem, TAnswer>> waiting = [];
    int running;

    /// <summary>The answer to come, or null when too many wait.</summary>
    public Task<TAnswer>? TryAdd(TItem item)
    {
        var pending = new Pending<TItem, TAnswer>(item);
        lock (guard)
        {
            if (waiting.Count >= waitingMax) return null;
            waiting.Enqueue(pending);
            if (running == lanes) return pending.Answer;
            running++;
        }
        _ = RunAsync();
        return pending.Answer;
    }

    async Task RunAsync()
    {
        while (true)
        {
            // What comes while it waits for its turn goes with it.
            using var turn = await turns.TakeAsync();
            if (Take() is not { } batch) return;
            // A batch's statements belong to the trace of one of its items, rather one that is kept.
            Activity.Current = (batch.Find(pending => pending.Span is { Recorded: true }) ?? batch[0]).Span;
            try
            {
                await run(batch);
            }
            catch (Exception failure)
            {
                foreach (var pending in batch) pending.Fail(failure);
            }
        }
    }

    List<Pending<TItem, TAnswer>>? Take()
    {
        lock (guard)
        {
            if (waiting.Count == 0)
            {
                running--;
                return null;
            }
            var batch = new List<Pending<TItem, TAnswer>>(Math.Min(waiting.Count, itemsMax));
            while (batch.Count < itemsMax && waiting.TryDequeue(out var next)) batch.Add(next);
            return batch;
        }
    }
}

/// <summary>An item that waits for its answer. The first word counts.</summary>
public sealed class Pending<TItem, TAnswer>(TItem item)
{
    readonly TaskCompletionSource<TAnswer> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TItem Item => item;

    /// <summary>The span of who asked.</summary>
    internal Activity? Span { get; } = Activity.Current;

    public Task<TAnswer> Answer => answer.Task;

    public void Succeed(TAnswer value) => answer.TrySetResult(value);

    public void Fail(Exception failure) => answer.TrySetException(failure);
}
