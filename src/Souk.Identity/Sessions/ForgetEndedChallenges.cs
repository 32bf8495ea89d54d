using Souk.Platform.Jobs;

namespace Souk.Identity.Sessions;

/// <summary>Every hour: deletes challenges that have expired, answered or not, in batches. Safe to repeat.</summary>
internal static class ForgetEndedChallenges
{
    public const string JobType = "identity.forget-ended-challenges";

    public const string Cron = "0 47 * * * *";

    const int BatchMax = 1_000;

    public static async Task RunAsync(Tick tick, JobContext job, CancellationToken cancel)
    {
        var db = job.Services.GetRequiredService<NpgsqlDataSource>();
        while (await db.ExecuteAsync(Delete, [tick.DueAt, BatchMax], cancel) == BatchMax) { }
    }

    const string Delete = """
        DELETE FROM identity.challenges WHERE (account_id, id) IN (
            SELECT account_id, id FROM identity.challenges WHERE expires_at < $1 ORDER BY expires_at LIMIT $2
        )
        """;
}
