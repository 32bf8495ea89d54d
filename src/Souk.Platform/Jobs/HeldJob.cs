using System.Text.Json;

namespace Souk.Platform.Jobs;

/// <summary>A job that this node has claimed, until the database knows how it ended.</summary>
internal sealed class HeldJob(Guid id, JobRegistration job, JsonElement args, int attempt, DateTimeOffset leasedUntil, IServiceProvider services, CancellationToken stop)
{
    public Guid Id => id;
    public JobRegistration Job => job;
    public JsonElement Args => args;

    /// <summary>The fence: whoever claims the job after us counts one more.</summary>
    public int Attempt => attempt;

    public TimeSpan Lease => TimeSpan.FromSeconds(job.Policy.LeaseSecondsMax);
    public JobContext Context { get; } = new(id, attempt, services);

    /// <summary>Ends with the process, and when the lease is lost.</summary>
    public CancellationTokenSource Cancel { get; } = CancellationTokenSource.CreateLinkedTokenSource(stop);

    /// <summary>Written by the runner's loop.</summary>
    public DateTimeOffset LeasedUntil { get; set; } = leasedUntil;

    /// <summary>Written once, before the loop hears that the handler has ended.</summary>
    public Exception? Failure { get; set; }
}

/// <summary>Stands for a failure that nobody saw: the process that ran the job ended before the job did.</summary>
internal sealed class WorkerVanishedException() : Exception("The workers that ran this job vanished.");
