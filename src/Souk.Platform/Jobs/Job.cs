using System.Text.Json;
using Cronos;
using Souk.Platform.Http;

namespace Souk.Platform.Jobs;

/// <summary>Ids of jobs where people read them: <c>job_…</c>.</summary>
public abstract class JobKind : IIdKind { public static string Prefix => "job"; }

/// <summary>Does the work of one job. Throwing means "try again later".</summary>
public delegate Task JobHandler<in TArgs>(TArgs args, JobContext job, CancellationToken cancel);

/// <summary>Arguments of a scheduled job: the instant it was due.</summary>
public sealed record Tick(DateTimeOffset DueAt);

/// <summary>How jobs of a type are tried.</summary>
/// <param name="AttemptsMax">After so many failures the job becomes a dead letter, which staff can inspect and replay.</param>
/// <param name="LeaseSecondsMax">
/// A job whose worker has not finished or renewed by then is taken over by another; at least 3. A living worker renews by itself, so this is no limit to the work.
/// </param>
/// <param name="ConcurrencyMax">How many of this type one node runs at once.</param>
public sealed record JobPolicy(int AttemptsMax = 12, int LeaseSecondsMax = 60, int ConcurrencyMax = 4)
{
    public static readonly JobPolicy Default = new();

    /// <summary>A worker looks at its leases about once a second and renews in time only those that last longer.</summary>
    internal const int LeaseSecondsMin = 3;

    internal JobPolicy Checked(string type) => AttemptsMax >= 1 && LeaseSecondsMax >= LeaseSecondsMin && ConcurrencyMax >= 1 ? this
        : throw new ArgumentException($"{type}: a job needs an attempt, a hand and a lease of {LeaseSecondsMin} seconds at least.");
}

/// <summary>A job's type and how to run it.</summary>
public sealed record JobRegistration(string Type, JobPolicy Policy, Func<JsonElement, JobContext, CancellationToken, Task> Run)
{
    internal static JobRegistration Of<TArgs>(string type, JobHandler<TArgs> handler, JobPolicy policy) where TArgs : notnull => new(type, policy.Checked(type),
        (args, job, cancel) => handler(args.Deserialize<TArgs>(Json.Stored) ?? throw new InvalidOperationException($"{type}: arguments are null."), job, cancel));
}

/// <summary>A job that a cron expression enqueues.</summary>
public sealed record Schedule(string JobType, string Cron)
{
    // Read where it is written down: a mistake stops the start of the process, not the first tick.
    readonly CronExpression expression = CronExpression.Parse(Cron, CronFormat.IncludeSeconds);

    /// <summary>The latest tick that is due and lies after <paramref name="last"/>; those before it were slept through.</summary>
    internal DateTimeOffset? DueTick(DateTimeOffset last, DateTimeOffset now) =>
        expression.GetPreviousOccurrence(now.UtcDateTime, inclusive: true) is { } tick && tick > last.UtcDateTime ? new DateTimeOffset(tick) : null;
}
