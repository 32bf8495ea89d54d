using Souk.Platform.Jobs;

namespace Souk.Identity.Email;

/// <summary>Every night: deletes tokens that ran out a day ago or longer, in batches. Safe to repeat.</summary>
internal static class ForgetMailTokens
{
    public const string JobType = "identity.forget-mail-tokens";

    /// <summary>03:27 UTC, when few are awake.</summary>
    public const string Cron = "0 27 3 * * *";

    const int BatchMax = 1_000;

    public static async Task RunAsync(Tick tick, JobContext job, CancellationToken cancel)
    {
        var db = job.Services.GetRequiredService<NpgsqlDataSource>();
        while (await db.ExecuteAsync(Delete, [tick.DueAt.AddDays(-1), BatchMax], cancel) == BatchMax) { }
    }

    const string Delete = """
        DELETE FROM identity.mail_tokens WHERE (account_id, id) IN (
            SELECT account_id, id FROM identity.mail_tokens WHERE expires_at < $1 ORDER BY expires_at LIMIT $2
        )
        """;
}
