using Souk.Platform.Data;
using Souk.Platform.Modules;
using Souk.Platform.Outbox;

namespace Souk.Tests.Platform.Outbox;

public sealed class RelayTests(TestPostgres postgres)
{
    [Fact]
    public async Task Events_are_told_by_version_after_the_commit_and_never_when_it_did_not_come()
    {
        await using var node = await postgres.NodeAsync();
        var (kept, dropped) = (Guid.NewGuid(), Guid.NewGuid());
        await using (var connection = await node.Db.OpenConnectionAsync())
        await using (await connection.BeginTransactionAsync())
            await connection.AppendEventAsync(dropped, 1, node.Clock.GetUtcNow(), new ThingChanged(dropped), default);
        await node.TellAsync(kept, 1, 2);
        await node.TellAsync(kept, 3);

        await node.EventuallyNoted(kept, [1, 2, 3]);
        Assert.Empty(await node.NotedAsync(dropped));
    }

    /// <summary>
    /// The later version has the lower transaction id: its transaction took the id at its first write and then waited for the other's lock. In steps
    /// of one row the relay meets it first.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(500)]
    public async Task An_event_that_stands_before_its_predecessor_in_the_log_waits_for_it(int rowsMax)
    {
        await using var node = await postgres.NodeAsync(limits: new(rowsMax, 1));
        var (thing, other) = (Guid.NewGuid(), Guid.NewGuid());
        await using var early = await node.Db.OpenConnectionAsync();
        await using var earlyTransaction = await early.BeginTransactionAsync();
        await early.AppendEventAsync(other, 1, node.Clock.GetUtcNow(), new ThingChanged(other), default);
        await node.TellAsync(thing, 1, 2);
        foreach (var version in new[] { 3, 4 }) await early.AppendEventAsync(thing, version, node.Clock.GetUtcNow(), new ThingChanged(thing), default);
        await earlyTransaction.CommitAsync();
        await node.TellAsync(thing, 5);

        await node.EventuallyNoted(thing, [1, 2, 3, 4, 5]);
        Assert.Equal(0, await node.ScalarAsync<long>("SELECT count(*) FROM platform.parked_events"));
    }

    [Fact]
    public async Task A_transaction_that_is_still_open_holds_back_what_came_after_it_and_nothing_is_lost()
    {
        await using var node = await postgres.NodeAsync();
        var (slow, quick) = (Guid.NewGuid(), Guid.NewGuid());
        await using (var open = await node.Db.OpenConnectionAsync())
        {
            await using var transaction = await open.BeginTransactionAsync();
            await open.AppendEventAsync(slow, 1, node.Clock.GetUtcNow(), new ThingChanged(slow), default);
            await node.TellAsync(quick, 1);
            Assert.Empty(await node.NotedAsync(quick));
            await transaction.CommitAsync();
        }
        await node.EventuallyNoted(slow, [1]);
        await node.EventuallyNoted(quick, [1]);
    }

    [Fact]
    public async Task A_handler_that_throws_holds_up_its_aggregate_alone_until_it_succeeds()
    {
        var broken = Guid.NewGuid();
        var works = false;
        await using var node = await postgres.NodeAsync(work => work.On<ThingChanged>(RelayShop.Subscriber, async (_, context, cancel) =>
        {
            // What a failed handler wrote is undone, whatever kind of failure it was.
            await RelayShop.NoteAsync(context, RelayShop.Subscriber, cancel);
            if (context.AggregateId == broken && context.Version == 2 && !works)
                await context.Connection.ExecuteAsync("SELECT 1 / 0", [], cancel);
        }));
        await node.TellAsync(broken, 1);
        var others = Enumerable.Range(0, 5).Select(_ => Guid.NewGuid()).ToList();
        foreach (var other in others) await node.TellAsync(other, 1, 2);
        await node.TellAsync(broken, 2, 3);
        foreach (var other in others) await node.TellAsync(other, 3);

        foreach (var other in others) await node.EventuallyNoted(other, [1, 2, 3]);
        await Answers.Eventually(
            async () => await node.ScalarAsync<string>("SELECT last_error FROM platform.jobs WHERE type LIKE '%parked-events'") == "PostgresException 22012", "it was tried again");
        await node.TellAsync(broken, 4);
        Assert.Equal([1], await node.NotedAsync(broken));

        works = true;
        await Answers.Eventually(async () =>
        {
            node.Clock.Advance(TimeSpan.FromMinutes(1));
            return (await node.NotedAsync(broken)).Count == 4;
        }, "the aggregate goes on");
        await node.TellAsync(broken, 5);
        await node.EventuallyNoted(broken, [1, 2, 3, 4, 5]);
        Assert.Equal(0, await node.ScalarAsync<long>("SELECT count(*) FROM platform.parked_events"));
    }

    [Fact]
    public async Task An_event_that_fails_for_good_stays_until_its_dead_letter_is_replayed_and_those_behind_it_follow()
    {
        var works = false;
        await using var node = await postgres.NodeAsync(work => work.On<ThingChanged>(RelayShop.Subscriber, (_, context, cancel) =>
            works ? RelayShop.NoteAsync(context, RelayShop.Subscriber, cancel) : throw new InvalidOperationException()));
        var thing = Guid.NewGuid();
        await node.TellAsync(thing, 1, 2);
        await Answers.Eventually(async () =>
        {
            node.Clock.Advance(TimeSpan.FromHours(1));
            return await node.ScalarAsync<long>("SELECT count(*) FROM platform.dead_jobs WHERE type = 'test.note-things/parked-events'") == 1;
        }, "the event is a dead letter");
        await node.TellAsync(thing, 3);
        await Answers.Eventually(async () => await node.ScalarAsync<long>("SELECT count(*) FROM platform.parked_events") == 3, "what comes after it waits behind it");

        works = true;
        await node.ExecuteAsync("""
            WITH dead AS (DELETE FROM platform.dead_jobs RETURNING *)
            INSERT INTO platform.jobs (id, type, args, due_at) SELECT gen_random_uuid(), type, args, died_at FROM dead
            """);
        await node.EventuallyNoted(thing, [1, 2, 3]);
    }

    [Fact]
    public async Task Each_aggregate_counts_for_itself_and_types_that_nobody_takes_count_too()
    {
        await using var node = await postgres.NodeAsync(work => work
            .On<ThingChanged>(RelayShop.Subscriber, (_, context, cancel) => RelayShop.NoteAsync(context, RelayShop.Subscriber, cancel))
            .On<ShadowMoved>("test.note-shadows", (_, context, cancel) => RelayShop.NoteAsync(context, "test.note-shadows", cancel)));
        var thing = Guid.NewGuid();
        await using (var connection = await node.Db.OpenConnectionAsync())
        {
            await connection.AppendEventAsync(thing, 1, node.Clock.GetUtcNow(), new ThingPainted(thing), default);
            await connection.AppendEventAsync(thing, 1, node.Clock.GetUtcNow(), new ShadowMoved(thing), default);
            await connection.AppendEventAsync(thing, 2, node.Clock.GetUtcNow(), new ShadowMoved(thing), default);
        }
        await node.TellAsync(thing, 2);

        await node.EventuallyNoted(thing, [2]);
        await node.EventuallyNoted(thing, [1, 2], "test.note-shadows");
    }

    [Fact]
    public async Task A_new_subscriber_starts_at_the_present_in_the_middle_of_an_aggregates_life()
    {
        await using var node = await postgres.NodeAsync();
        var (thing, straddling) = (Guid.NewGuid(), Guid.NewGuid());
        await node.TellAsync(thing, 1, 2);
        await node.StopAsync();
        await using var writer = await WorkNode.IdleAsync(node.ConnectionString);
        const string young = "test.young";
        await using var horizon = await TellBackwardsAsync(writer, straddling, 1, 2);

        await using var next = await WorkNode.StartAsync(node.ConnectionString, work => work.On<ThingChanged>(young, (_, context, cancel) => RelayShop.NoteAsync(context, young, cancel)));
        await Answers.Eventually(async () => await next.ScalarAsync<long>("SELECT count(*) FROM platform.subscribers WHERE name = 'test.young'") == 1, "it is known");
        await horizon.CommitAsync();
        await next.TellAsync(straddling, 3);
        await next.EventuallyNoted(straddling, [3], young);

        // Its first event in the log is not the first by version, and something keeps the first from being read.
        await using var again = await TellBackwardsAsync(writer, thing, 3, 4);
        await Answers.Eventually(async () => await next.ScalarAsync<long>("SELECT count(*) FROM platform.parked_events") == 1, "the later version waits");
        await again.CommitAsync();
        await next.EventuallyNoted(thing, [3, 4], young);
    }

    /// <summary>
    /// Two events of a thing: the later one stands first in the log, and all above it is held back by a third transaction, which stands between the two
    /// and is answered, still open.
    /// </summary>
    static async Task<NpgsqlTransaction> TellBackwardsAsync(WorkNode node, Guid thing, int earlier, int later)
    {
        await using var low = await node.Db.OpenConnectionAsync();
        await using var lowTransaction = await low.BeginTransactionAsync();
        await low.ExecuteAsync("SELECT pg_current_xact_id()", [], default);
        var between = await node.Db.OpenConnectionAsync();
        var open = await between.BeginTransactionAsync();
        await between.ExecuteAsync("SELECT pg_current_xact_id()", [], default);
        await node.TellAsync(thing, earlier);
        await low.AppendEventAsync(thing, later, node.Clock.GetUtcNow(), new ThingChanged(thing), default);
        await lowTransaction.CommitAsync();
        return open;
    }

    /// <summary>What the import tells before the first worker ran must reach it.</summary>
    [Fact]
    public async Task Events_between_the_migration_and_the_first_worker_are_told()
    {
        var connectionString = await postgres.NewDatabaseAsync();
        var work = new WorkMap();
        RelayShop.NoteAll(work);
        await Work.RegisterSubscribersAsync(connectionString, work, default);
        var thing = Guid.NewGuid();
        await using (var idle = await WorkNode.IdleAsync(connectionString))
        {
            await idle.MakeNotesAsync();
            await idle.TellAsync(thing, 1);
        }
        await using var node = await WorkNode.StartAsync(connectionString, RelayShop.NoteAll);
        await node.EventuallyNoted(thing, [1]);
    }

    /// <summary>Steps end in the middle for every reason there is; each handled event is noted once and in its place.</summary>
    [Fact]
    public async Task Nothing_is_lost_or_told_twice_among_many_writers_two_relays_failing_handlers_and_dropped_connections()
    {
        const int things = 200, writers = 8, changes = 20_000, drops = 4;
        var (fails, failed) = (new Random(7), 0);
        void Map(WorkMap work) => work.On<ThingChanged>(RelayShop.Subscriber, async (_, context, cancel) =>
        {
            await RelayShop.NoteAsync(context, RelayShop.Subscriber, cancel);
            lock (fails)
                if (fails.Next(1_000) == 0 && failed++ >= 0) throw new TimeoutException();
        });
        await using var one = await postgres.NodeAsync(Map, new(100, 10));
        await using var other = await WorkNode.StartAsync(one.ConnectionString, Map, RelayShop.Limit(new(100, 10)));
        await one.ExecuteAsync($"CREATE TABLE things AS SELECT gen_random_uuid() AS id, 0 AS version FROM generate_series(1, {things})");
        var ids = await one.ListAsync<Guid>("SELECT id FROM things ORDER BY id");

        await using var writerNode = await WorkNode.IdleAsync(one.ConnectionString);
        var left = changes;
        var writing = Enumerable.Range(0, writers).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            while (Interlocked.Add(ref left, -10) >= 0) await ChangeSomeAsync(writerNode, ids, random, 10);
        })).ToList();
        for (var drop = 0; drop < drops; drop++)
        {
            var before = await writerNode.ScalarAsync<long>("SELECT count(*) FROM notes");
            await Answers.Eventually(async () => await writerNode.ScalarAsync<long>("""
                SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE datname = current_database() AND usename = current_user AND query NOT LIKE '%pg_terminate_backend%' AND (query LIKE 'INSERT INTO notes%' OR query LIKE '%platform.inbox%')
                """) > 0 || writing.TrueForAll(w => w.IsCompleted), "a relay's connection was dropped");
            await Answers.Eventually(async () => await writerNode.ScalarAsync<long>("SELECT count(*) FROM notes") > before || writing.TrueForAll(w => w.IsCompleted), "the relay goes on");
        }
        await Task.WhenAll(writing);

        var told = await writerNode.ScalarAsync<long>("SELECT sum(version) FROM things");
        for (var noted = 0L; noted < told;)
        {
            var before = noted;
            await Answers.Eventually(async () =>
            {
                one.Clock.Advance(TimeSpan.FromSeconds(30));
                return (noted = await writerNode.ScalarAsync<long>("SELECT count(*) FROM notes")) > before;
            }, "the relay goes on");
        }
        await Answers.Eventually(async () => await writerNode.ScalarAsync<long>("SELECT count(*) FROM platform.parked_events") == 0, "nothing waits");
        Assert.Equal(told, await writerNode.ScalarAsync<long>("SELECT count(*) FROM notes"));
        Assert.Equal(told, await writerNode.ScalarAsync<long>("SELECT count(*) FROM platform.outbox"));
        Assert.NotEqual(0, failed);
        // Each thing's versions were noted as 1, 2, 3, …
        Assert.Equal(0, await writerNode.ScalarAsync<long>("""
            SELECT count(*) FROM (SELECT version, row_number() OVER (PARTITION BY what ORDER BY n) AS place FROM notes) AS noted WHERE version <> place
            """));
    }

    /// <summary>Changes things one after the other in one transaction, in key order; about a fifth of them roll back. A dropped connection is a rollback too.</summary>
    static async Task ChangeSomeAsync(WorkNode node, List<Guid> things, Random random, int count)
    {
        await using var connection = await node.Db.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        // Takes its transaction id before it waits for anyone.
        await connection.ExecuteAsync("SELECT pg_current_xact_id()", [], default);
        foreach (var thing in random.GetItems([.. things], count).Distinct().Order())
        {
            var version = await connection.QueryFirstAsync("UPDATE things SET version = version + 1 WHERE id = $1 RETURNING version", static row => row.GetInt32(0), [thing], default);
            await connection.AppendEventAsync(thing, version, node.Clock.GetUtcNow(), new ThingChanged(thing), default);
        }
        if (random.Next(5) == 0) await transaction.RollbackAsync();
        else await transaction.CommitAsync();
    }
}
