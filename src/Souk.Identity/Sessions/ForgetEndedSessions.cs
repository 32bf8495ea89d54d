using Souk.Platform.Jobs;

namespace Souk.Identity.Sessions;

/// <summary>Every night: deletes sessions that ran out a day ago or longer, in batches. Safe to repeat.</summary>
internal static class ForgetEndedSessions
{
    public const string JobType = "identity.forget-ended-sessions";

    /// <summary>03:17 UTC, when few are awake.</summary>
    public const string Cron = "0 17 3 * * *";

    const int BatchMax = 1_000;

    public static async Task RunAsync(Tick tick, JobContext job, CancellationToken cancel)
    {
        var db = job.Services.GetRequiredService<NpgsqlDataSource>();
        while (await db.ExecuteAsync(Delete, [tick.DueAt.AddDays(-1), BatchMax], cancel) == BatchMax) { }
    }

    const string Delete = """
        DELETE FROM identity.sessions WHERE (account_id, id) IN (
            SELECT account_id, id FROM identity.sessions WHERE expires_at < $1 ORDER BY expires_at LIMIT $2
        )
        """;
}
