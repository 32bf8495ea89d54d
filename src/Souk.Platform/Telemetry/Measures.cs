using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Souk.Platform.Telemetry;

/// <summary>
/// What the shop counts. Every name, unit and attribute stands in docs/telemetry.md (a test compares). An attribute has few values by its nature: a
/// code, a type, an outcome; never an id. While nobody listens a count costs a look at a field.
/// </summary>
public static class Measures
{
    /// <summary>The meter's name, and that of the source of activities.</summary>
    public const string Name = "Souk";

    /// <summary>Faults beyond so many different ones are counted as "other".</summary>
    public const int FingerprintsMax = 100;

    static readonly Meter Meter = new(Name);

    static readonly Counter<long> Orders = Meter.CreateCounter<long>("souk.orders.placed", "{order}", "Orders that were placed");
    static readonly Counter<long> Refusals = Meter.CreateCounter<long>("souk.refusals", "{answer}", "Problem answers by code");
    static readonly Counter<long> Payments = Meter.CreateCounter<long>("souk.payments", "{payment}", "Payments that came to an outcome");
    static readonly Counter<long> StockOuts = Meter.CreateCounter<long>("souk.stock.outs", "{variant}", "Variants that went out of stock");
    static readonly Counter<long> Faults = Meter.CreateCounter<long>("souk.faults", "{fault}", "Faults by their fingerprint");
    static readonly Histogram<double> JobTimes = Meter.CreateHistogram("souk.job.duration", "s", "How long attempts of jobs took",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.025, 0.1, 0.5, 2.5, 10, 60] });
    static readonly Counter<long> Events = Meter.CreateCounter<long>("souk.events.handled", "{event}", "Events that subscribers took");
    static readonly UpDownCounter<long> Streams = Meter.CreateUpDownCounter<long>("souk.live.streams", "{stream}", "Open live streams of this process");

    static readonly ConcurrentDictionary<string, bool> fingerprints = [];
    static long hits, misses;
    static volatile Backlog? backlog;

    /// <summary>Read when somebody collects: nothing is spent where they are counted but the addition.</summary>
    public static IReadOnlyList<Instrument> Observed { get; } =
    [
        Meter.CreateObservableCounter("souk.documents.reads", static () => new Measurement<long>[]
        {
            new(Interlocked.Read(ref hits), new KeyValuePair<string, object?>("result", "hit")), new(Interlocked.Read(ref misses), new KeyValuePair<string, object?>("result", "miss")),
        }, "{read}", "Hot documents found in memory, or not"),
        Gauge("souk.jobs.lag", static b => b.JobsLag, "s", "How long the oldest due job has waited"),
        Gauge("souk.events.lag", static b => b.EventsLag, "s", "Age of the oldest event that a subscriber has yet to read"),
        Gauge("souk.jobs.dead", static b => b.DeadJobs, "{job}", "Jobs that failed for good"),
        Gauge("souk.events.parked", static b => b.ParkedEvents, "{event}", "Events that wait behind one that failed"),
    ];

    public static void OrderPlaced() => Orders.Add(1);

    public static void PaymentEnded(string outcome) => Payments.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public static void StockOut() => StockOuts.Add(1);

    public static void StreamOpened() => Streams.Add(1);

    public static void StreamClosed() => Streams.Add(-1);

    internal static void Refused(int status, string code) => Refusals.Add(1, new KeyValuePair<string, object?>("code", code), new KeyValuePair<string, object?>("status", status));

    internal static void JobEnded(string type, string outcome, TimeSpan took) =>
        JobTimes.Record(took.TotalSeconds, new KeyValuePair<string, object?>("type", type), new KeyValuePair<string, object?>("outcome", outcome));

    internal static void EventHandled(string subscriber, string type, string outcome) => Events.Add(1, new KeyValuePair<string, object?>("subscriber", subscriber),
        new KeyValuePair<string, object?>("type", type), new KeyValuePair<string, object?>("outcome", outcome));

    internal static void DocumentRead(bool hit)
    {
        if (hit) Interlocked.Increment(ref hits);
        else Interlocked.Increment(ref misses);
    }

    internal static void Measured(Backlog now) => backlog = now;

    /// <summary>Counts a logged fault. A bound holds the number of series should faults differ without end.</summary>
    public static void Fault(string fingerprint)
    {
        if (!fingerprints.ContainsKey(fingerprint) && (fingerprints.Count >= FingerprintsMax || !fingerprints.TryAdd(fingerprint, true))) fingerprint = "other";
        Faults.Add(1, new KeyValuePair<string, object?>("fingerprint", fingerprint));
    }

    /// <summary>Absent until it was measured once: no number is better than a wrong one.</summary>
    static ObservableGauge<double> Gauge(string name, Func<Backlog, double> read, string unit, string description) =>
        Meter.CreateObservableGauge(name, () => backlog is { } now ? [new Measurement<double>(read(now))] : Array.Empty<Measurement<double>>(), unit, description);
}

/// <summary>How much work waits, as the database tells. Seconds and counts.</summary>
internal sealed record Backlog(double JobsLag, double EventsLag, double DeadJobs, double ParkedEvents);

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
