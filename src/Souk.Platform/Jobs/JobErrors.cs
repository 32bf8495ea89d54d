namespace Souk.Platform.Jobs;

/// <summary>Every way jobs say no. A code is API: add new ones, never rename one.</summary>
internal static class JobErrors
{
    public static readonly Error DeadJobNotFound = Error.NotFound("dead_job_not_found",
        "There is no such dead letter. It may have been replayed already: list what is left at /v1/admin/dead-jobs.");
}
