using System.Collections.Concurrent;
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
    static readonly Counter<long> Stuffing = Meter.CreateCounter<long>("souk.sign_ins.stuffing", "{range}", "Address ranges that tried many accounts");
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

    public static void StuffingSeen() => Stuffing.Add(1);

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
