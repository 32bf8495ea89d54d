using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Souk.Platform.Bus;
using Souk.Platform.Data;
using Souk.Platform.Modules;
using Souk.Platform.Telemetry;

namespace Souk.Platform.Jobs;

/// <summary>
/// Runs the jobs that this process knows, each at least once: claims those that are due, renews their leases while they run, and deletes, puts off or
/// buries them afterwards. Whatever it writes names the attempt it claimed, so that a worker which lost its lease changes nothing.
/// </summary>
/// <remarks>
/// <code>
/// waiting ── claim: attempts + 1, lease ──> leased ── handler returns ──> (deleted)
///    ^                                        │ fails: due again after a backoff; the stop of the process: due at once
///    ├────────────────────────────────────────┤ lease runs out: another worker claims it
///    │ staff replays                          │ fails for the AttemptsMax-th time
///    └──────────── dead letter &lt;─────────────┘
/// </code>
/// One loop does all this over one connection: a look costs an index probe for each type, about once a second and whenever somebody signals. An
/// outage of the database ends no job that runs: the loop tries on, and what it could not write it writes later.
/// </remarks>
internal sealed class JobRunner(WorkDatabase db, WorkMap work, IBus bus, TimeProvider clock, IServiceProvider services, IHostApplicationLifetime lifetime,
    ILogger<JobRunner> log) : BackgroundService
{
    static readonly TimeSpan LookPause = TimeSpan.FromSeconds(1);

    /// <summary>Jobs that are under way at a stop get this long to end; then others may take them.</summary>
    static readonly TimeSpan StopTimeMax = TimeSpan.FromSeconds(10);

    /// <summary>By job. Only the loop touches it.</summary>
    readonly Dictionary<Guid, HeldJob> held = [];

    /// <summary>Jobs whose handler has ended, until the database knows.</summary>
    readonly ConcurrentQueue<HeldJob> ended = [];

    readonly SemaphoreSlim wake = new(0);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The stop is known before requests have drained, and jobs can end meanwhile.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lifetime.ApplicationStopping);
        using var subscription = bus.Subscribe(JobSignal.Topic, _ => Wake());
        var failed = false;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await SettleAsync(stop.Token);
                await RenewAsync(stop.Token);
                await ClaimAsync(stop.Token);
                failed = false;
            }
            catch (Exception failure) when (!stop.IsCancellationRequested)
            {
                // Said once for each outage.
                if (!failed) log.LogWarning("Jobs cannot be claimed now; trying on every second: {Reason}", failure.Message);
                failed = true;
                db.Forget();
                EndOverdue();
            }
            catch (Exception) when (stop.IsCancellationRequested)
            {
                break;   // the statement that the stop cut off; what it left is settled below
            }
            // After a failure a signal must not turn the loop into a storm.
            if (failed) await PauseAsync(stop.Token);
            else await WakenAsync(stop.Token);
        }
        await ReleaseAsync();
    }

    void Wake()
    {
        if (wake.CurrentCount == 0) wake.Release();
    }

    async Task WakenAsync(CancellationToken stop)
    {
        try { await wake.WaitAsync(LookPause, stop); }
        catch (OperationCanceledException) { return; }
    }

    static async Task PauseAsync(CancellationToken stop)
    {
        try { await Task.Delay(LookPause, stop); }
        catch (OperationCanceledException) { return; }
    }

    // ---- Claim and run ----

    async Task ClaimAsync(CancellationToken stop)
    {
        var free = work.Jobs.Values.Select(job => (Job: job, Hands: job.Policy.ConcurrencyMax - held.Values.Count(h => h.Job == job))).Where(f => f.Hands > 0).ToList();
        if (free.Count == 0) return;
        var now = clock.GetUtcNow();
        var claimed = await db.Source.QueryAsync(Claim,
            row => new HeldJob(row.GetGuid(0), work.Jobs[row.GetString(1)], JsonElement.Parse(row.GetString(2)), row.GetInt32(3),
                row.GetFieldValue<DateTimeOffset>(4), services, stop),
            [free.Select(f => f.Job.Type).ToArray(), free.Select(f => f.Hands).ToArray(), free.Select(f => f.Job.Policy.LeaseSecondsMax).ToArray(), now, held.Keys.ToArray()], stop);
        foreach (var job in claimed)
        {
            held.Add(job.Id, job);
            // Claimed more often than it may be tried: its worker vanished every time, as if the job had killed it.
            if (job.Attempt > job.Job.Policy.AttemptsMax) End(job, new WorkerVanishedException());
            else _ = Task.Run(() => RunAsync(job), CancellationToken.None);
        }
    }

    async Task RunAsync(HeldJob job)
    {
        using var span = Traces.Start("job", ActivityKind.Consumer, Traces.JobId, job.Id, "run", job.Job.Type);
        var began = Stopwatch.GetTimestamp();
        try
        {
            await job.Job.Run(job.Args, job.Context, job.Cancel.Token);
            Measures.JobEnded(job.Job.Type, "done", Stopwatch.GetElapsedTime(began));
            End(job, null);
        }
        catch (Exception failure)
        {
            Traces.Fail(span, failure);
            Measures.JobEnded(job.Job.Type, job.Attempt >= job.Job.Policy.AttemptsMax ? "dead" : "failed", Stopwatch.GetElapsedTime(began));
            End(job, failure);
        }
    }

    void End(HeldJob job, Exception? failure)
    {
        job.Failure = failure;
        ended.Enqueue(job);
        Wake();
    }

    // ---- What becomes of a job whose handler has ended ----

    async Task SettleAsync(CancellationToken cancel)
    {
        var jobs = new List<HeldJob>();
        while (ended.TryDequeue(out var job)) jobs.Add(job);
        if (jobs.Count == 0) return;
        try
        {
            await WriteAsync(jobs, cancel);
        }
        catch (Exception failure)
        {
            // Nothing was written. One that cannot be (its row is locked by a transaction its handler left open) must not hold up the others.
            if (failure is not PostgresException || jobs.Count == 1)
            {
                foreach (var job in jobs) ended.Enqueue(job);
                throw;
            }
            foreach (var job in jobs)
            {
                try { await WriteAsync([job], cancel); }
                catch (PostgresException) { ended.Enqueue(job); }
            }
        }
    }

    async Task WriteAsync(List<HeldJob> jobs, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        await using var connection = await db.Source.OpenConnectionAsync(cancel);
        await using var batch = connection.CreateBatch();
        var done = jobs.Where(job => job.Failure is null && !job.Context.Completed).ToList();
        if (done.Count > 0) batch.Add(Delete, done.Select(j => j.Id).ToArray(), done.Select(j => j.Attempt).ToArray());
        foreach (var job in jobs.Where(job => job.Failure is not (null or LeaseLostException)))
        {
            var because = Failure.Describe(job.Failure!);
            // The stop of a process is no fault of the job.
            if (lifetime.ApplicationStopping.IsCancellationRequested && job.Failure is OperationCanceledException) batch.Add(Release, new[] { job.Id }, new[] { job.Attempt });
            else if (job.Attempt >= job.Job.Policy.AttemptsMax) batch.Add(Bury, job.Id, job.Attempt, because, now);
            else batch.Add(PutOff, job.Id, job.Attempt, now + Backoff.After(job.Attempt, Random.Shared.NextDouble(), WaitMax(job)), because);
        }
        // Should the server crash before these are written, the lease runs out and the job runs once more, as it may.
        if (batch.BatchCommands.Count > 0) await batch.WithoutSync().ExecuteNonQueryAsync(cancel);
        foreach (var job in jobs)
        {
            held.Remove(job.Id);
            job.Cancel.Dispose();
            if (job.Failure is not null) Tell(job);
        }
    }

    TimeSpan WaitMax(HeldJob job) => work.Schedules.Any(s => s.JobType == job.Job.Type) ? Backoff.ScheduledWaitMax : Backoff.WaitMax;

    void Tell(HeldJob job)
    {
        if (job.Failure is LeaseLostException)
            log.LogWarning("Job {Type} {Id} was taken over by another worker in attempt {Attempt}", job.Job.Type, job.Id, job.Attempt);
        else if (job.Failure is OperationCanceledException && lifetime.ApplicationStopping.IsCancellationRequested)
            log.LogInformation("Job {Type} {Id} was cut off by the stop and is due again", job.Job.Type, job.Id);
        else if (job.Attempt >= job.Job.Policy.AttemptsMax)
            log.LogError(job.Failure, "Job {Type} {Id} failed for good in attempt {Attempt} and is a dead letter", job.Job.Type, job.Id, job.Attempt);
        else
            log.LogWarning(job.Failure, "Job {Type} {Id} failed in attempt {Attempt} and will be tried again", job.Job.Type, job.Id, job.Attempt);
    }

    // ---- Leases ----

    async Task RenewAsync(CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        // With a third of the lease gone: two more looks can fail before it runs out.
        var due = held.Values.Where(job => job.LeasedUntil - now < job.Lease * 2 / 3).ToList();
        if (due.Count == 0) return;
        var lost = await db.Source.QueryAsync(Renew, static row => row.GetGuid(0),
            [due.Select(j => j.Id).ToArray(), due.Select(j => j.Attempt).ToArray(), due.Select(j => now + j.Lease).ToArray()], cancel);
        foreach (var job in due)
        {
            if (!lost.Contains(job.Id)) job.LeasedUntil = now + job.Lease;
            else if (!job.Context.Completed) await job.Cancel.CancelAsync();
        }
    }

    /// <summary>Leases that ran out while the database was away: somebody else may have the job, so ours ends if it listens.</summary>
    void EndOverdue()
    {
        foreach (var job in held.Values.Where(job => job.LeasedUntil < clock.GetUtcNow())) _ = job.Cancel.CancelAsync();
    }

    // ---- The stop ----

    /// <summary>Waits for handlers that listen to the stop; whatever is left is due again for other workers at once.</summary>
    async Task ReleaseAsync()
    {
        using var limit = new CancellationTokenSource(StopTimeMax);
        try
        {
            while (held.Count > ended.Count) await wake.WaitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            log.LogWarning("{Count} jobs did not end in time and are left to other workers", held.Count - ended.Count);
        }
        try
        {
            await SettleAsync(CancellationToken.None);
            if (held.Count > 0)
                await db.Source.ExecuteAsync(Release, [held.Keys.ToArray(), held.Values.Select(j => j.Attempt).ToArray()], CancellationToken.None);
        }
        catch (Exception away)
        {
            log.LogWarning("Jobs could not be released; others take them when their leases run out: {Reason}", away.Message);
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        wake.Dispose();
    }

    internal const string Claim = """
        WITH free AS (
            SELECT * FROM unnest($1::text[], $2::int[], $3::int[]) AS f (type, hands, lease_seconds)
        ), due AS MATERIALIZED (
            SELECT j.id, f.lease_seconds
            FROM free f CROSS JOIN LATERAL (
                SELECT id FROM platform.jobs
                WHERE type = f.type AND due_at <= $4 AND (leased_until IS NULL OR leased_until <= $4)
                  -- What runs here is not taken over here, however late its renewal is.
                  AND id <> ALL ($5)
                ORDER BY due_at, id LIMIT f.hands
                FOR NO KEY UPDATE SKIP LOCKED
            ) AS j
        )
        UPDATE platform.jobs j SET attempts = j.attempts + 1, leased_until = $4 + make_interval(secs => due.lease_seconds)
        FROM due WHERE j.id = due.id
        RETURNING j.id, j.type, j.args, j.attempts, j.leased_until
        """;

    const string Delete = """
        DELETE FROM platform.jobs j USING unnest($1::uuid[], $2::int[]) AS d (id, attempt)
        WHERE j.id = d.id AND j.attempts = d.attempt
        """;

    const string PutOff = "UPDATE platform.jobs SET due_at = $3, leased_until = NULL, last_error = $4 WHERE id = $1 AND attempts = $2";

    const string Bury = """
        WITH dead AS (
            DELETE FROM platform.jobs WHERE id = $1 AND attempts = $2 RETURNING id, type, args, attempts
        )
        INSERT INTO platform.dead_jobs (id, type, args, attempts, last_error, died_at)
        SELECT id, type, args, attempts, $3, $4 FROM dead
        """;

    const string Renew = """
        WITH held AS (
            SELECT * FROM unnest($1::uuid[], $2::int[], $3::timestamptz[]) AS h (id, attempt, until)
        ), ours AS MATERIALIZED (
            -- A row that is locked is being finished by its own handler: no need to wait for that.
            SELECT j.id, h.until FROM platform.jobs j JOIN held h ON h.id = j.id AND h.attempt = j.attempts FOR NO KEY UPDATE OF j SKIP LOCKED
        ), renewed AS (
            UPDATE platform.jobs j SET leased_until = o.until FROM ours o WHERE j.id = o.id
        )
        SELECT h.id FROM held h WHERE NOT EXISTS (SELECT FROM platform.jobs j WHERE j.id = h.id AND j.attempts = h.attempt)
        """;

    const string Release = """
        UPDATE platform.jobs j SET leased_until = NULL FROM unnest($1::uuid[], $2::int[]) AS r (id, attempt)
        WHERE j.id = r.id AND j.attempts = r.attempt
        """;
}
