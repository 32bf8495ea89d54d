using Souk.Platform.Data;

namespace Souk.Tests.Platform.Data;

public sealed class NaturalBatchesTests
{
    /// <summary>Batches that wait until the test lets them go on.</summary>
    sealed class Gated(int lanes, int itemsMax, int waitingMax = int.MaxValue, BatchTurns? turns = null)
    {
        readonly Lock guard = new();
        readonly List<int[]> batches = [];
        TaskCompletionSource gate = new();
        NaturalBatches<int, int>? work;

        public IReadOnlyList<int[]> Batches
        {
            get { lock (guard) return [.. batches]; }
        }

        public Task<int>? TryAdd(int item) => (work ??= new(RunAsync, lanes, itemsMax, waitingMax, turns ?? new(atOnce: 10))).TryAdd(item);

        public void Open() => gate.TrySetResult();

        async Task RunAsync(IReadOnlyList<Pending<int, int>> batch)
        {
            lock (guard) batches.Add([.. batch.Select(p => p.Item)]);
            await gate.Task;
            foreach (var pending in batch) pending.Succeed(pending.Item * 10);
        }
    }

    [Fact]
    public async Task One_alone_goes_at_once_and_those_who_come_meanwhile_go_together_in_their_order()
    {
        var work = new Gated(lanes: 1, itemsMax: 3);
        var answers = Enumerable.Range(1, 6).Select(i => work.TryAdd(i)!).ToList();
        Assert.Equal([[1]], work.Batches);
        work.Open();
        int[] tenfold = [10, 20, 30, 40, 50, 60];
        Assert.Equal(tenfold, await Task.WhenAll(answers));
        Assert.Equal([[1], [2, 3, 4], [5, 6]], work.Batches);
    }

    [Fact]
    public async Task As_many_batches_as_there_are_lanes_go_at_once()
    {
        var work = new Gated(lanes: 2, itemsMax: 10);
        var answers = Enumerable.Range(1, 5).Select(i => work.TryAdd(i)!).ToList();
        Assert.Equal([[1], [2]], work.Batches);
        work.Open();
        await Task.WhenAll(answers);
        Assert.Equal(5, work.Batches.Sum(b => b.Length));
    }

    [Fact]
    public async Task What_comes_while_a_batch_waits_for_its_turn_goes_with_it()
    {
        var turns = new BatchTurns(atOnce: 1);
        var (work, others) = (new Gated(lanes: 1, itemsMax: 10, turns: turns), await turns.TakeAsync());
        var answers = Enumerable.Range(1, 3).Select(i => work.TryAdd(i)!).ToList();
        others.Dispose();
        work.Open();
        await Task.WhenAll(answers);
        Assert.Equal([[1, 2, 3]], work.Batches);
        Assert.False((await turns.TakeAsync()).IsOverdue, "Whoever had a turn gives it back.");
    }

    [Fact]
    public async Task A_turn_that_does_not_come_is_not_waited_for_for_long()
    {
        var turns = new BatchTurns(atOnce: 1);
        using var kept = await turns.TakeAsync();
        var work = new Gated(lanes: 1, itemsMax: 10, turns: turns);
        work.Open();
        Assert.Equal(10, await work.TryAdd(1)!);
        Assert.Equal(20, await work.TryAdd(2)!);
    }

    [Fact]
    public async Task More_than_may_wait_is_refused_until_there_is_room()
    {
        var work = new Gated(lanes: 1, itemsMax: 10, waitingMax: 2);
        var answers = Enumerable.Range(1, 3).Select(i => work.TryAdd(i)!).ToList();
        Assert.Null(work.TryAdd(4));
        work.Open();
        await Task.WhenAll(answers);
        Assert.Equal(50, await work.TryAdd(5)!);
    }

    [Fact]
    public async Task A_batch_that_throws_fails_those_without_an_answer_and_the_next_one_runs()
    {
        var work = new NaturalBatches<int, int>(batch =>
        {
            batch[0].Succeed(1);
            return batch[0].Item == 0 ? throw new InvalidOperationException("no") : Task.CompletedTask;
        }, lanes: 1, itemsMax: 1);
        Assert.Equal(1, await work.TryAdd(0)!);
        Assert.Equal(1, await work.TryAdd(7)!);
        var failing = new NaturalBatches<int, int>(_ => throw new InvalidOperationException("no"), lanes: 1, itemsMax: 1);
        await Assert.ThrowsAsync<InvalidOperationException>(() => failing.TryAdd(1)!);
        await Assert.ThrowsAsync<InvalidOperationException>(() => failing.TryAdd(2)!);
    }
}
