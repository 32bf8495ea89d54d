using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Souk.Platform.Data;
using Souk.Platform.Jobs;
using Souk.Platform.Modules;

namespace Souk.Tests.Platform.Jobs;

public sealed class JobRunnerTests(TestPostgres postgres)
{
    const string Type = "test.note";

    /// <summary>The platform has jobs too, when a test's clock passes their hour.</summary>
    const string Ours = "type NOT LIKE 'platform.%'";

    sealed record Args(Guid What);

    [Fact]
    public async Task A_job_runs_once_after_its_transaction_committed_and_never_when_it_rolled_back()
    {
        var ran = new ConcurrentBag<Guid>();
        await using var node = await Node(work => work.Job<Args>(Type, (args, _, _) => Note(ran, args.What)));
        var (kept, dropped) = (Guid.NewGuid(), Guid.NewGuid());

        await using (var connection = await node.Db.OpenConnectionAsync())
        await using (await connection.BeginTransactionAsync())
            await connection.EnqueueJobAsync(Type, new Args(dropped), node.Clock.GetUtcNow(), default);
        await Enqueue(node, kept);

        await Answers.Eventually(async () => ran.Contains(kept) && await Waiting(node) == 0, "the job ran and is gone");
        Assert.Equal([kept], ran);
    }

    [Fact]
    public async Task A_job_is_not_run_before_it_is_due()
    {
        var ran = new ConcurrentBag<Guid>();
        await using var node = await Node(work => work.Job<Args>(Type, (args, _, _) => Note(ran, args.What)));
        var (later, now) = (Guid.NewGuid(), Guid.NewGuid());
        await Enqueue(node, later, node.Clock.GetUtcNow().AddHours(1));
        await Enqueue(node, now);

        await Answers.Eventually(() => Task.FromResult(ran.Contains(now)), "the job that is due ran");
        Assert.DoesNotContain(later, ran);
        node.Clock.Advance(TimeSpan.FromHours(1));
        await Answers.Eventually(() => Task.FromResult(ran.Contains(later)), "the later job ran in its time");
    }

    [Fact]
    public async Task A_job_of_a_type_that_the_process_does_not_know_is_left_alone()
    {
        var ran = new ConcurrentBag<Guid>();
        await using var node = await Node(work => work.Job<Args>(Type, (args, _, _) => Note(ran, args.What)));
        await Enqueue(node, Guid.NewGuid(), type: "elsewhere.unknown");
        await Enqueue(node, Guid.NewGuid());

        await Answers.Eventually(async () => ran.Count == 1 && await Waiting(node) == 1, "the known job ran and is gone");
        Assert.Equal(["elsewhere.unknown 0"], await node.ListAsync<string>("SELECT type || ' ' || attempts FROM platform.jobs"));
    }

    /// <summary>What a person typed stands in messages of exceptions; the database keeps what kind of failure it was.</summary>
    [Fact]
    public async Task A_failing_job_is_tried_again_ever_later_and_then_is_a_dead_letter_without_personal_data()
    {
        var attempts = new ConcurrentQueue<int>();
        await using var node = await Node(work => work.Job<Args>(Type, (_, job, _) =>
        {
            attempts.Enqueue(job.Attempt);
            throw new InvalidOperationException("ada@example.com", new TimeoutException("ada@example.com"));
        }, new(AttemptsMax: 3)));
        await Enqueue(node, Guid.NewGuid());

        for (var attempt = 1; attempt < 3; attempt++)
        {
            await Answers.Eventually(async () => await node.ScalarAsync<string>($"SELECT last_error FROM platform.jobs WHERE {Ours}") is not null
                && await node.ScalarAsync<int>($"SELECT attempts FROM platform.jobs WHERE leased_until IS NULL AND {Ours}") == attempt, "the failure is written down");
            Assert.Equal("TimeoutException < InvalidOperationException", await node.ScalarAsync<string>($"SELECT last_error FROM platform.jobs WHERE {Ours}"));
            Assert.True(await node.ScalarAsync<bool>($"SELECT due_at > $1 FROM platform.jobs WHERE {Ours}", node.Clock.GetUtcNow()));
            node.Clock.Advance(Backoff.After(attempt, 0, Backoff.WaitMax));
        }
        await Answers.Eventually(async () => await node.ScalarAsync<long>("SELECT count(*) FROM platform.dead_jobs") == 1, "the job is a dead letter");

        Assert.Equal([1, 2, 3], attempts);
        Assert.Equal(0, await Waiting(node));
        Assert.Equal((Type, 3, "TimeoutException < InvalidOperationException"), (await node.ScalarAsync<string>("SELECT type FROM platform.dead_jobs"),
            await node.ScalarAsync<int>("SELECT attempts FROM platform.dead_jobs"), await node.ScalarAsync<string>("SELECT last_error FROM platform.dead_jobs")));
    }

    [Theory]
    [InlineData(1, 0, 1)]
    [InlineData(1, 1, 0.8)]
    [InlineData(4, 0, 8)]
    [InlineData(12, 0, 2048)]
    [InlineData(13, 0, 3600)]
    [InlineData(int.MaxValue, 0.5, 3240)]
    public void The_wait_doubles_with_each_attempt_up_to_an_hour(int attempt, double chance, double seconds) =>
        Assert.Equal(seconds, Backoff.After(attempt, chance, Backoff.WaitMax).TotalSeconds, 0.001);

    [Fact]
    public async Task A_node_runs_no_more_jobs_of_a_type_at_once_than_its_policy_says()
    {
        var (running, most, done) = (0, 0, 0);
        using var three = new SemaphoreSlim(0);
        using var go = new SemaphoreSlim(0);
        await using var node = await Node(work => work.Job<Args>(Type, async (_, _, cancel) =>
        {
            InterlockedMax(ref most, Interlocked.Increment(ref running));
            three.Release();
            await go.WaitAsync(cancel);
            Interlocked.Decrement(ref running);
            Interlocked.Increment(ref done);
        }, new(ConcurrencyMax: 3)));
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Enqueue(node, Guid.NewGuid())));

        for (var i = 0; i < 3; i++) Assert.True(await three.WaitAsync(TimeSpan.FromSeconds(20)));
        go.Release(10);
        await Answers.Eventually(() => Task.FromResult(done == 10), "all jobs ran");
        Assert.Equal(3, most);
    }

    [Fact]
    public async Task Nodes_that_race_run_every_job_once()
    {
        const int jobs = 400;
        var ran = new ConcurrentBag<Guid>();
        void Map(WorkMap work) => work.Job<Args>(Type, (args, _, _) => Note(ran, args.What), new(ConcurrencyMax: 16));
        await using var one = await Node(Map);
        await using var other = await WorkNode.StartAsync(one.ConnectionString, Map);
        await EnqueueMany(one, jobs);
        one.App.Services.GetRequiredService<JobSignal>().Send();

        await Answers.Eventually(async () => await Waiting(one) == 0, "all jobs ran");
        Assert.Equal((jobs, jobs), (ran.Count, ran.Distinct().Count()));
    }

    /// <summary>The lease of a node that hangs or is cut off runs out: another takes the job, and the first, should it wake, changes nothing.</summary>
    [Fact]
    public async Task A_job_of_a_node_that_vanished_is_taken_over_and_takes_effect_once()
    {
        using var hangs = new SemaphoreSlim(0);
        using var wakes = new SemaphoreSlim(0);
        var late = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        async Task HangAsync(Args args, JobContext job, CancellationToken cancel)
        {
            hangs.Release();
            await wakes.WaitAsync(CancellationToken.None);
            late.SetResult(await Record.ExceptionAsync(() => EffectAsync("first", args, job)));
        }
        await using var first = await Node(work => work.Job<Args>(Type, HangAsync));
        await first.MakeNotesAsync();
        await Enqueue(first, Guid.NewGuid());
        Assert.True(await hangs.WaitAsync(TimeSpan.FromSeconds(20)));

        await using var second = await WorkNode.StartAsync(first.ConnectionString, work => work.Job<Args>(Type, (args, job, _) => EffectAsync("second", args, job)));
        second.Clock.Advance(TimeSpan.FromSeconds(JobPolicy.Default.LeaseSecondsMax + 1));
        await Answers.Eventually(async () => await Waiting(second) == 0, "the second node finished the job");
        wakes.Release();

        Assert.IsType<LeaseLostException>(await late.Task);
        Assert.Equal(["second 2"], await second.ListAsync<string>("SELECT who FROM notes"));
    }

    [Fact]
    public async Task A_job_whose_workers_vanish_every_time_ends_as_a_dead_letter()
    {
        var ran = new ConcurrentBag<Guid>();
        await using var node = await Node(work => work.Job<Args>(Type, (args, _, _) => Note(ran, args.What), new(AttemptsMax: 2)));
        await node.ExecuteAsync("""
            INSERT INTO platform.jobs (id, type, args, due_at, attempts, leased_until)
            VALUES (gen_random_uuid(), 'test.note', jsonb_build_object('what', gen_random_uuid()), now() - interval '1 hour', 2, now() - interval '1 minute')
            """);

        await Answers.Eventually(async () => await node.ScalarAsync<string>("SELECT last_error FROM platform.dead_jobs") == nameof(WorkerVanishedException), "the job is a dead letter");
        Assert.Empty(ran);
    }

    [Fact]
    public async Task The_lease_of_a_long_job_is_renewed_while_it_runs()
    {
        using var began = new SemaphoreSlim(0);
        using var end = new SemaphoreSlim(0);
        await using var node = await Node(work => work.Job<Args>(Type, async (_, _, cancel) =>
        {
            began.Release();
            await end.WaitAsync(cancel);
        }, new(LeaseSecondsMax: 3)));
        await Enqueue(node, Guid.NewGuid());
        Assert.True(await began.WaitAsync(TimeSpan.FromSeconds(20)));

        var first = await node.ScalarAsync<DateTime>("SELECT leased_until FROM platform.jobs");
        await Answers.Eventually(async () => await node.ScalarAsync<DateTime>("SELECT leased_until FROM platform.jobs") > first.AddSeconds(2), "the lease was renewed, and again");
        end.Release();
        await Answers.Eventually(async () => await Waiting(node) == 0, "the job is finished");
        Assert.Equal(0, began.CurrentCount);
    }

    [Fact]
    public async Task A_node_that_stops_tells_its_jobs_and_leaves_them_to_others_at_once()
    {
        using var began = new SemaphoreSlim(0);
        using var never = new SemaphoreSlim(0);
        var told = false;
        await using var first = await Node(work => work.Job<Args>(Type, async (_, _, cancel) =>
        {
            began.Release();
            try { await never.WaitAsync(cancel); }
            finally { told = cancel.IsCancellationRequested; }
        }));
        await Enqueue(first, Guid.NewGuid());
        Assert.True(await began.WaitAsync(TimeSpan.FromSeconds(20)));
        await first.StopAsync();
        Assert.True(told);

        var attempt = 0;
        await using var second = await WorkNode.StartAsync(first.ConnectionString, work => work.Job<Args>(Type, (_, job, _) => Task.FromResult(attempt = job.Attempt)));
        await Answers.Eventually(async () => await Waiting(second) == 0, "the other node ran it without waiting for the lease");
        Assert.Equal(2, attempt);
    }

    /// <summary>Connections die again and again under claims, effects and completions alike; what took effect did so once.</summary>
    [Fact]
    public async Task Jobs_survive_a_database_that_drops_every_connection()
    {
        const int jobs = 300, drops = 5;
        await using var node = await Node(work => work.Job<Args>(Type, (args, job, _) => EffectAsync("note", args, job), new(AttemptsMax: 1_000, ConcurrencyMax: 8)));
        await node.MakeNotesAsync();
        await EnqueueMany(node, jobs);

        await using var killer = await WorkNode.IdleAsync(node.ConnectionString);
        for (var (drop, left) = (0, (long)jobs); drop < drops; drop++)
        {
            await killer.KillConnectionsAsync();
            var before = left;
            await Answers.Eventually(async () => (left = await Waiting(killer)) < before, "jobs go on after connections were dropped");
        }
        await Answers.Eventually(async () =>
        {
            node.Clock.Advance(TimeSpan.FromMinutes(2));   // those that were in flight: past their leases and waits
            return await Waiting(killer) == 0;
        }, "all jobs ran");
        Assert.Equal((jobs, jobs), (await killer.ScalarAsync<long>("SELECT count(*) FROM notes"), await killer.ScalarAsync<long>("SELECT count(DISTINCT what) FROM notes")));
    }

    [Theory]
    [InlineData(0, 60, 4)]
    [InlineData(12, 2, 4)]
    [InlineData(12, 60, 0)]
    public void A_policy_that_cannot_work_is_refused_where_it_is_written(int attempts, int lease, int concurrency) =>
        Assert.Throws<ArgumentException>(() => new WorkMap().Job<Args>(Type, (_, _, _) => Task.CompletedTask, new(attempts, lease, concurrency)));

    /// <summary>An effect in the database that is one fact with the completion.</summary>
    static async Task EffectAsync(string who, Args args, JobContext job)
    {
        await using var connection = await job.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync("INSERT INTO notes (who, what) VALUES ($1, $2)", [$"{who} {job.Attempt}", args.What], default);
        await job.CompleteAsync(connection, default);
        await transaction.CommitAsync();
    }

    static Task Note(ConcurrentBag<Guid> ran, Guid what)
    {
        ran.Add(what);
        return Task.CompletedTask;
    }

    static void InterlockedMax(ref int most, int value)
    {
        for (var seen = most; value > seen && Interlocked.CompareExchange(ref most, value, seen) != seen;) seen = most;
    }

    async Task<WorkNode> Node(Action<WorkMap> map) => await WorkNode.StartAsync(await postgres.NewDatabaseAsync(), map);

    static async Task Enqueue(WorkNode node, Guid what, DateTimeOffset? dueAt = null, string type = Type)
    {
        await using var connection = await node.Db.OpenConnectionAsync();
        await connection.EnqueueJobAsync(type, new Args(what), dueAt ?? node.Clock.GetUtcNow(), default);
        node.App.Services.GetRequiredService<JobSignal>().Send();
    }

    static Task EnqueueMany(WorkNode node, int jobs) => node.ExecuteAsync("""
        INSERT INTO platform.jobs (id, type, args, due_at)
        SELECT gen_random_uuid(), 'test.note', jsonb_build_object('what', gen_random_uuid()), now() FROM generate_series(1, $1)
        """, jobs);

    static Task<long> Waiting(WorkNode node) => node.ScalarAsync<long>($"SELECT count(*) FROM platform.jobs WHERE {Ours}");
}
