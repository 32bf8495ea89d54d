using System.Collections.Concurrent;

namespace Souk.Tests.Platform.Outbox;

public sealed class AfterCommitTests(TestPostgres postgres)
{
    [Fact]
    public async Task A_hint_comes_once_what_the_handler_wrote_can_be_seen_and_its_failure_undoes_nothing()
    {
        WorkNode? node = null;
        var seen = new ConcurrentQueue<int>();
        await using var started = node = await postgres.NodeAsync(work => work.On<ThingChanged>(RelayShop.Subscriber, async (_, context, cancel) =>
        {
            await RelayShop.NoteAsync(context, RelayShop.Subscriber, cancel);
            context.AfterCommit(() => throw new InvalidOperationException("A hint's fault."));
            context.AfterCommit(() => seen.Enqueue(Count(node!, context.AggregateId)));
        }));
        var thing = Guid.NewGuid();
        await started.TellAsync(thing, 1);
        await Answers.Eventually(() => Task.FromResult(seen.Count == 1), "the hint came");
        await started.TellAsync(thing, 2);
        await Answers.Eventually(() => Task.FromResult(seen.Count == 2), "the hint came");
        Assert.Equal([1, 2], seen);
        await started.EventuallyNoted(thing, [1, 2]);
    }

    /// <summary>The first try of a step, the careful repetition and the job of the parked event: only the one that commits gives its hint.</summary>
    [Fact]
    public async Task Nothing_is_hinted_of_what_was_undone()
    {
        var (tries, fails, hints) = (0, true, new ConcurrentQueue<int>());
        await using var node = await postgres.NodeAsync(work => work.On<ThingChanged>(RelayShop.Subscriber, async (_, context, cancel) =>
        {
            context.AfterCommit(() => hints.Enqueue(context.Version));
            await RelayShop.NoteAsync(context, RelayShop.Subscriber, cancel);
            if (context.Version != 2) return;
            tries++;
            if (fails) throw new InvalidOperationException();
        }));
        var thing = Guid.NewGuid();
        await node.TellAsync(thing, 1, 2, 3);
        await Answers.Eventually(async () => await node.ScalarAsync<string>("SELECT last_error FROM platform.jobs WHERE type LIKE '%parked-events'") is not null, "it was tried again");
        Assert.True(tries >= 2);
        Assert.Equal([1], hints);

        fails = false;
        await Answers.Eventually(() =>
        {
            node.Clock.Advance(TimeSpan.FromMinutes(1));
            return Task.FromResult(hints.Count == 3);
        }, "the aggregate goes on");
        Assert.Equal([1, 2, 3], hints);
        await node.EventuallyNoted(thing, [1, 2, 3]);
    }

    static int Count(WorkNode node, Guid thing)
    {
        // A hint is quick and waits for nobody; a test may.
        using var command = node.Db.CreateCommand("SELECT count(*)::int FROM notes WHERE what = $1");
        command.Parameters.Add(new() { Value = thing });
        return (int)command.ExecuteScalar()!;
    }
}
