using Souk.Platform.Jobs;

namespace Souk.Identity.Guessing;

/// <summary>Every hour: deletes counts of failed sign-ins that mean nothing any more, in batches. Safe to repeat.</summary>
internal static class ForgetSignInFailures
{
    public const string JobType = "identity.forget-sign-in-failures";

    /// <summary>41 minutes past: an attack with made-up e-mails leaves a row for each.</summary>
    public const string Cron = "0 41 * * * *";

    const int BatchMax = 1_000;

    public static async Task RunAsync(Tick tick, JobContext job, CancellationToken cancel)
    {
        var db = job.Services.GetRequiredService<NpgsqlDataSource>();
        while (await db.ExecuteAsync(Delete, [tick.DueAt, BatchMax], cancel) == BatchMax) { }
    }

    const string Delete = """
        DELETE FROM identity.sign_in_failures WHERE key IN (
            SELECT key FROM identity.sign_in_failures WHERE forgotten_at < $1 ORDER BY forgotten_at LIMIT $2 FOR UPDATE SKIP LOCKED
        )
        """;
}
