using System.Text.Json;
using Souk.Platform.Http;

namespace Souk.Platform.Jobs;

/// <summary>Does the work of one job. Throwing means "try again later".</summary>
public delegate Task JobHandler<in TArgs>(TArgs args, JobContext job, CancellationToken cancel);

/// <summary>Arguments of a scheduled job: the instant it was due.</summary>
public sealed record Tick(DateTimeOffset DueAt);

/// <summary>How jobs of a type are tried.</summary>
/// <param name="AttemptsMax">After so many failures the job becomes a dead letter, which staff can inspect and replay.</param>
/// <param name="LeaseSecondsMax">A job whose worker has not finished or renewed by then is taken over by another.</param>
/// <param name="ConcurrencyMax">How many of this type one node runs at once.</param>
public sealed record JobPolicy(int AttemptsMax = 12, int LeaseSecondsMax = 60, int ConcurrencyMax = 4)
{
    public static readonly JobPolicy Default = new();
}

/// <summary>A job's type and how to run it.</summary>
public sealed record JobRegistration(string Type, JobPolicy Policy, Func<JsonElement, JobContext, CancellationToken, Task> Run)
{
    internal static JobRegistration Of<TArgs>(string type, JobHandler<TArgs> handler, JobPolicy policy) where TArgs : notnull => new(type, policy,
        (args, job, cancel) => handler(args.Deserialize<TArgs>(Json.Options) ?? throw new InvalidOperationException($"{type}: arguments are null."), job, cancel));
}

/// <summary>A job that a cron expression enqueues.</summary>
public sealed record Schedule(string JobType, string Cron);
