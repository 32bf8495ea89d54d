using Souk.Platform.Data;
using Souk.Platform.Modules;

namespace Souk.Platform.Jobs;

/// <summary>
/// Turns the ticks of schedules into jobs, each once for all nodes: the statement that enqueues the job moves the schedule's last tick on, which
/// only the first node can. A shop that slept makes up for the latest tick alone.
/// </summary>
/// <remarks>Ticks are reckoned in memory; the database is asked only when one is due.</remarks>
internal sealed class Scheduler(WorkDatabase db, WorkMap work, JobSignal signal, TimeProvider clock, ILogger<Scheduler> log) : BackgroundService
{
    static readonly TimeSpan LookPause = TimeSpan.FromMilliseconds(500);

    /// <summary>Jobs of a schedule that may wait or run at once: one that takes longer than its period has one successor, not hundreds.</summary>
    public const int WaitingMax = 2;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // By job type, the last tick that is known to be done: by whom does not matter.
        Dictionary<string, DateTimeOffset>? last = null;
        using var timer = new PeriodicTimer(LookPause);
        try
        {
            do
            {
                try
                {
                    last ??= await RegisterAsync(stoppingToken);
                    foreach (var schedule in work.Schedules)
                        if (schedule.DueTick(last[schedule.JobType], clock.GetUtcNow()) is { } tick)
                        {
                            if (await db.Source.ExecuteAsync(Tick, [schedule.JobType, tick, Guid.CreateVersion7(tick), Sql.Jsonb(new Tick(tick)), WaitingMax], stoppingToken) > 0)
                                signal.Send();
                            last[schedule.JobType] = tick;
                        }
                }
                catch (Exception away) when (!stoppingToken.IsCancellationRequested)
                {
                    log.LogWarning("Schedules wait for the database: {Reason}", away.Message);
                    db.Forget();
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (Exception) when (stoppingToken.IsCancellationRequested)
        {
            return;
        }
    }

    /// <summary>A schedule that is new starts with its next tick, not with one of before its time.</summary>
    async Task<Dictionary<string, DateTimeOffset>> RegisterAsync(CancellationToken cancel)
    {
        string[] types = [.. work.Schedules.Select(s => s.JobType)];
        await db.Source.ExecuteAsync(Register, [types, clock.GetUtcNow()], cancel);
        return (await db.Source.QueryAsync(Read, static row => (Type: row.GetString(0), At: row.GetFieldValue<DateTimeOffset>(1)), [types], cancel))
            .ToDictionary(row => row.Type, row => row.At);
    }

    const string Register = """
        INSERT INTO platform.schedules (job_type, ticked_at) SELECT type, $2 FROM unnest($1::text[]) AS s (type) ORDER BY type
        ON CONFLICT (job_type) DO NOTHING
        """;

    const string Read = "SELECT job_type, ticked_at FROM platform.schedules WHERE job_type = ANY($1)";

    const string Tick = """
        WITH ticked AS (
            -- The row is the turnstile: of two nodes the second waits for the first and finds the tick done.
            UPDATE platform.schedules SET ticked_at = $2 WHERE job_type = $1 AND ticked_at < $2 RETURNING job_type
        )
        INSERT INTO platform.jobs (id, type, args, due_at)
        SELECT $3, job_type, $4, $2 FROM ticked
        WHERE (SELECT count(*) FROM (SELECT FROM platform.jobs j WHERE j.type = $1 LIMIT $5) AS waiting) < $5
        """;
}
