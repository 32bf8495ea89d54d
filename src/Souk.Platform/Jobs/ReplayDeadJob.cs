using Souk.Platform.Data;
using Souk.Platform.Http;

namespace Souk.Platform.Jobs;

/// <summary>
/// <c>POST /v1/admin/dead-jobs/{id}/replays</c>: the dead letter becomes a job again, due at once, with all its attempts before it; for staff. Sent twice it
/// happens once: the second finds no dead letter (404).
/// </summary>
internal static class ReplayDeadJob
{
    /// <param name="JobId">A new one: attempts count from 1 again, and what a worker of the old job might still write must not meet them.</param>
    public sealed record Replay(Id<JobKind> JobId);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/admin/dead-jobs/{id}/replays", Handle).ForStaff(Permission.JobsWrite).WithName(nameof(ReplayDeadJob));

    static async Task<Results<Accepted<Replay>, Error>> Handle(Id<JobKind> id, NpgsqlDataSource db, JobSignal signal, TimeProvider clock, HttpContext http,
        CancellationToken cancel)
    {
        var replay = new Replay(Id<JobKind>.New(clock));
        if (await db.ExecuteAsync(Revive, [id.Value, replay.JobId.Value, clock.GetUtcNow()], cancel) == 0) return JobErrors.DeadJobNotFound;
        signal.Send();
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Accepted((string?)null, replay);
    }

    const string Revive = """
        WITH dead AS (
            DELETE FROM platform.dead_jobs WHERE id = $1 RETURNING type, args
        )
        INSERT INTO platform.jobs (id, type, args, due_at) SELECT $2, type, args, $3 FROM dead
        """;
}
