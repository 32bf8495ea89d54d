using System.Collections.Concurrent;
using Souk.Platform.Outbox;

namespace Souk.Tests.Platform.Outbox;

public sealed class AfterCommitTests(TestPostgres postgres)
{
    /// <summary>The first version is told at once; the second fails, is parked, and told by a job.</summary>
    [Fact]
    public async Task What_a_handler_leaves_for_after_the_commit_sees_what_it_wrote()
    {
        var seen = new ConcurrentDictionary<int, long>();
        var tries = 0;
        WorkNode? node = null;
        await using var started = node = await postgres.NodeAsync(work => work.On<ThingChanged>(RelayShop.Subscriber, async (_, context, cancel) =>
        {
            // The first try undoes its whole step; the second, alone, is what parks it.
            if (context.Version == 2 && ++tries <= 2) throw new InvalidOperationException("A handler's fault.");
            await RelayShop.NoteAsync(context, RelayShop.Subscriber, cancel);
            context.AfterCommit.Add(() => seen[context.Version] = Noted(node!, context.AggregateId));
        }), new(RowsMax: 1, CarefulRowsMax: 1));
        var thing = Guid.NewGuid();
        await node.TellAsync(thing, 1, 2);
        await Answers.Eventually(() => Task.FromResult(seen.Count == 2), "both were told");
        Assert.Equal(3, tries);
        Assert.Equal([1, 2], seen.OrderBy(s => s.Key).Select(s => s.Value));
    }

    /// <summary>On a connection of its own, which sees only what is committed.</summary>
    static long Noted(WorkNode node, Guid thing)
    {
        using var connection = new NpgsqlConnection(node.ConnectionString);
        connection.Open();
        using var command = new NpgsqlCommand("SELECT count(*) FROM notes WHERE what = $1", connection) { Parameters = { new() { Value = thing } } };
        return (long)command.ExecuteScalar()!;
    }
}
