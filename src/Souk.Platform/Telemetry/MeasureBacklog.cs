using Souk.Platform.Data;

namespace Souk.Platform.Telemetry;

/// <summary>Asks the database every <see cref="Pause"/> how much work waits. Ages are by the database's clock alone.</summary>
internal sealed class MeasureBacklog(WorkDatabase db, ILogger<MeasureBacklog> log) : BackgroundService
{
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(15);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause);
        try
        {
            do
            {
                try
                {
                    if (await db.Source.QueryFirstAsync(Waiting, static row => new Backlog(row.GetDouble(0), row.GetDouble(1), row.GetInt64(2), row.GetInt64(3)), [], stoppingToken) is { } now)
                        Measures.Measured(now);
                }
                catch (NpgsqlException away) when (!stoppingToken.IsCancellationRequested)
                {
                    log.LogDebug("The backlog cannot be measured now: {Reason}", away.Message);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (Exception) when (stoppingToken.IsCancellationRequested)
        {
            return;   // the shop stops
        }
    }

    const string Waiting = """
        SELECT
            coalesce((SELECT extract(epoch FROM clock_timestamp() - min(due_at)) FROM platform.jobs
                WHERE due_at < clock_timestamp() AND (leased_until IS NULL OR leased_until < clock_timestamp())), 0)::float8,
            greatest(0, coalesce((SELECT max(extract(epoch FROM clock_timestamp() - e.occurred_at))
                FROM platform.subscribers s CROSS JOIN LATERAL (
                    SELECT o.occurred_at FROM platform.outbox o WHERE (o.xid, o.id) > (s.xid, s.id) ORDER BY o.xid, o.id LIMIT 1
                ) AS e), 0))::float8,
            (SELECT count(*) FROM platform.dead_jobs),
            (SELECT count(*) FROM platform.parked_events)
        """;
}
