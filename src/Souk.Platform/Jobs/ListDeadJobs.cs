using System.Text.Json;
using Souk.Platform.Data;
using Souk.Platform.Http;
using Souk.Platform.Pagination;

namespace Souk.Platform.Jobs;

/// <summary><c>GET /v1/admin/dead-jobs?limit=&amp;cursor=</c>: jobs that failed for good, those that were due last first, for staff.</summary>
internal static class ListDeadJobs
{
    const string List = "dead-jobs";

    /// <param name="Type">What was to be done: <c>payments.settle-payment</c>, or <c>catalog.show-stock-state/parked-events</c> for an event.</param>
    /// <param name="Args">What it was to be done to: ids, never personal data.</param>
    /// <param name="LastError">Kinds of the failure and its causes, the innermost first; the log tells more.</param>
    public sealed record DeadJob(Id<JobKind> Id, string Type, JsonElement Args, int Attempts, string LastError, DateTimeOffset DiedAt);

    sealed record Key(Guid Id);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/admin/dead-jobs", Handle).ForStaff(Permission.JobsRead).WithName(nameof(ListDeadJobs));

    static async Task<Results<Ok<Page<DeadJob>>, Error>> Handle(PageRequest page, NpgsqlDataSource db, HttpContext http, CancellationToken cancel)
    {
        if (QueryMembers.RefuseOthers(http, "limit", "cursor") is { } unknown) return unknown;
        if (page.From<Key>(List).Refused(out var error, out var start)) return error;
        var jobs = await db.QueryAsync(start.Backward ? Later : Earlier, Read, [start.Limit + 1, start.Key?.Id], cancel);
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Ok(page.Answer(start, List, jobs, static job => new Key(job.Id.Value), static job => job));
    }

    static DeadJob Read(NpgsqlDataReader row) => new(new(row.GetGuid(0)), row.GetString(1), JsonElement.Parse(row.GetString(2)), row.GetInt32(3),
        row.GetString(4), row.GetFieldValue<DateTimeOffset>(5));

    const string Columns = "id, type, args, attempts, last_error, died_at";

    const string Earlier = $"SELECT {Columns} FROM platform.dead_jobs WHERE id < coalesce($2, {Keyset.Last}) ORDER BY id DESC LIMIT $1";

    const string Later = $"SELECT {Columns} FROM platform.dead_jobs WHERE id > coalesce($2, {Keyset.First}) ORDER BY id LIMIT $1";
}
