using System.Diagnostics;

namespace Souk.Platform.Telemetry;

/// <summary>Traces of what happens in the shop; the framework and Npgsql make those of requests and statements.</summary>
public static class Traces
{
    /// <summary>The id of what a span is about. It joins a request with the work that it caused: both carry it.</summary>
    public const string AggregateId = "souk.aggregate.id";

    public const string JobId = "souk.job.id";

    /// <summary>Failed requests beyond so many a second are not kept: a storm of refusals must not become a storm of spans.</summary>
    public const int RefusalsPerSecondMax = 50;

    static readonly ActivitySource Source = new(Measures.Name);
    static long second;
    static int keptInSecond;

    /// <summary>The part of all aggregates whose spans are kept, 0 to 1. Written once, by the host.</summary>
    public static double Share { get; set; }

    /// <summary>Decides by the id alone, so that all nodes keep the same orders: the request that wrote one and everything done with it later.</summary>
    public static bool Keeps(Guid id)
    {
        if (Share <= 0) return false;
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes);
        var hash = 14695981039346656037UL;   // FNV-1a: version 7 ids begin with a time, so no part of them will do as it is.
        foreach (var octet in bytes) hash = (hash ^ octet) * 1099511628211UL;
        hash ^= hash >> 32;
        hash *= 0x9E3779B97F4A7C15UL;
        return (hash >> 11) * (1.0 / (1UL << 53)) < Share;
    }

    /// <summary>Says of the current span what it is about, and keeps it when that is among the followed.</summary>
    public static void Concerns(string name, Guid id)
    {
        if (Share <= 0 || Activity.Current is not { } span) return;
        if (!span.IsAllDataRequested && Keeps(id)) Keep(span);
        if (span.IsAllDataRequested) span.SetTag(name, id.ToString());
    }

    /// <summary>Keeps a failed span though the head decision was not to: server faults always, refusals up to <see cref="RefusalsPerSecondMax"/>.</summary>
    internal static void KeepFailed(Activity? span, int status)
    {
        // Without a listener nothing would be sent.
        if (span is null || span.IsAllDataRequested || !Source.HasListeners()) return;
        if (status < 500 && !HasRoom(Environment.TickCount64 / 1000)) return;
        Keep(span);
    }

    internal static Activity? Start(string name, ActivityKind kind, string idName, Guid id, string operation, string destination) =>
        !Source.HasListeners() ? null : Source.StartActivity(kind, name: $"{name} {destination}", tags:
        [
            new(idName, id.ToString()), new("messaging.system", "souk"), new("messaging.operation.name", operation),
            new("messaging.operation.type", "process"), new("messaging.destination.name", destination),
        ]);

    internal static void Fail(Activity? span, Exception failure)
    {
        if (span is null) return;
        KeepFailed(span, 500);
        span.SetTag("error.type", failure is PostgresException { SqlState: var state } ? state : failure.GetType().FullName);
        span.SetTag("souk.fingerprint", Fingerprint.Of(failure));
        span.SetStatus(ActivityStatusCode.Error);
    }

    /// <summary>The exporter looks at both when the span ends, which is later than now.</summary>
    static void Keep(Activity span)
    {
        span.IsAllDataRequested = true;
        span.ActivityTraceFlags |= ActivityTraceFlags.Recorded;
    }

    static bool HasRoom(long now)
    {
        if (Interlocked.Exchange(ref second, now) != now) Interlocked.Exchange(ref keptInSecond, 0);
        return Interlocked.Increment(ref keptInSecond) <= RefusalsPerSecondMax;
    }
}
