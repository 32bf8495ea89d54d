using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Souk.Platform.Modules;
using Souk.Platform.Telemetry;

namespace Souk.Host.Telemetry;

/// <summary>
/// Joins the shop's traces, metrics and logs to OpenTelemetry. Traces and logs are made into records only where an OTLP endpoint is named; metrics also
/// where a management port answers <c>/metrics</c>. Without both nothing listens and nothing is spent. Why like this: docs/adr/0012-telemetry.md.
/// </summary>
internal static class ShopTelemetry
{
    /// <summary>Series of one metric; more are folded into one that says so.</summary>
    const int SeriesMax = 500;

    /// <summary>Spans and log records that wait to be sent; more are dropped rather than held.</summary>
    const int WaitingMax = 2_048;

    const int SendSecondsMax = 5;

    /// <summary>Seconds, as the semantic conventions advise for requests and statements.</summary>
    static readonly double[] Seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

    public static void AddTelemetry(this IServiceCollection services, TelemetryOptions options, ShopSettings settings)
    {
        services.AddLogging(logs => logs.AddFilter("OpenTelemetry", LogLevel.Warning));
        services.AddSingleton(provider => new SlowStatements(settings.ConnectionString, options.SlowQueryMs, provider.GetRequiredService<ILoggerFactory>()));
        services.AddHostedService(provider => provider.GetRequiredService<SlowStatements>());
        var (sends, answers) = (options.Endpoint is not null, settings.ManagementUrl is not null);
        if (!sends && !answers) return;

        services.AddBacklogMeasures();
        services.AddSingleton<ILoggerProvider, CountFaults>();
        var reader = answers ? PrometheusReader.Make() : null;
        if (reader is not null) services.AddSingleton(reader);
        var telemetry = services.AddOpenTelemetry().ConfigureResource(resource => resource.Clear()
            .AddService("souk", serviceVersion: typeof(Shop).Assembly.GetName().Version?.ToString(3), serviceInstanceId: $"{Environment.MachineName}-{Environment.ProcessId}"));
        telemetry.WithMetrics(metrics =>
        {
            metrics.AddMeter(Measures.Name, "Npgsql", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
                .SetExemplarFilter(ExemplarFilterType.TraceBased)
                .AddView(instrument => View(instrument.Name, instrument.Unit));
            if (reader is not null) metrics.AddReader(reader);
            if (sends)
                metrics.AddReader(_ => new PeriodicExportingMetricReader(new OtlpMetricExporter(Otlp(options, "metrics")), options.ExportSeconds * 1000, SendSecondsMax * 1000));
        });
        if (!sends) return;

        Traces.Share = options.Share;
        telemetry.WithTracing(traces => traces.AddSource("Microsoft.AspNetCore", "Npgsql", Measures.Name).SetSampler(new ShopSampler(options.Share))
            .AddProcessor(_ => new WithoutCaller(new BatchActivityExportProcessor(new OtlpTraceExporter(Otlp(options, "traces")), WaitingMax, exporterTimeoutMilliseconds: SendSecondsMax * 1000))));
        services.AddLogging(logs => logs.AddOpenTelemetry(records =>
        {
            // Scopes hold paths, hence ids. The message is its template with values, as on the console.
            (records.IncludeScopes, records.IncludeFormattedMessage, records.ParseStateValues) = (false, true, false);
            records.AddProcessor(_ => new NameFaults(new BatchLogRecordExportProcessor(new OtlpLogExporter(Otlp(options, "logs")), WaitingMax, exporterTimeoutMilliseconds: SendSecondsMax * 1000)));
        }));
    }

    static OtlpExporterOptions Otlp(TelemetryOptions options, string signal) => new()
    {
        Endpoint = options.Of(signal),
        Protocol = options.IsGrpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf,
        TimeoutMilliseconds = SendSecondsMax * 1000,
    };

    /// <summary>Histograms in seconds with few buckets; no attribute that tells of a caller.</summary>
    static MetricStreamConfiguration? View(string name, string? unit) => name switch
    {
        "http.server.request.duration" => new ExplicitBucketHistogramConfiguration
        {
            Boundaries = Seconds, CardinalityLimit = SeriesMax, TagKeys = ["http.request.method", "http.route", "http.response.status_code", "error.type"],
        },
        "http.server.active_requests" => new() { TagKeys = ["http.request.method"] },
        "souk.job.duration" => null,
        _ when name.StartsWith("db.client.", StringComparison.Ordinal) && unit == "s" =>
            new ExplicitBucketHistogramConfiguration { Boundaries = Seconds, CardinalityLimit = SeriesMax, TagKeys = ["db.operation.name", "error.type"] },
        _ => null,
    };

    /// <summary>A parent decides; work on an aggregate is kept or not by its id, wherever it runs; everything else by its trace id.</summary>
    internal sealed class ShopSampler(double share) : Sampler
    {
        readonly TraceIdRatioBasedSampler ratio = new(share);

        public override SamplingResult ShouldSample(in SamplingParameters samplingParameters)
        {
            if (samplingParameters.ParentContext.TraceId != default)
                return new(samplingParameters.ParentContext.TraceFlags.HasFlag(ActivityTraceFlags.Recorded) ? SamplingDecision.RecordAndSample : SamplingDecision.Drop);
            foreach (var (name, value) in samplingParameters.Tags ?? [])
                if (name is Traces.AggregateId or Traces.JobId && Guid.TryParse(value as string, out var id))
                    return new(Traces.Keeps(id) ? SamplingDecision.RecordAndSample : SamplingDecision.Drop);
            return ratio.ShouldSample(samplingParameters);
        }
    }

    /// <summary>The framework tells with a request where it came from and what it asked for: that is somebody's, and stays here.</summary>
    sealed class WithoutCaller(BaseProcessor<Activity> next) : BaseProcessor<Activity>
    {
        static readonly string[] Personal = ["url.path", "url.query", "client.address", "user_agent.original", "network.peer.address", "network.peer.port", "db.user"];

        public override void OnEnd(Activity data)
        {
            foreach (var name in Personal) data.SetTag(name, null);
            next.OnEnd(data);
        }

        protected override bool OnForceFlush(int timeoutMilliseconds) => next.ForceFlush(timeoutMilliseconds);
        protected override bool OnShutdown(int timeoutMilliseconds) => next.Shutdown(timeoutMilliseconds);

        protected override void Dispose(bool disposing)
        {
            if (disposing) next.Dispose();
            base.Dispose(disposing);
        }
    }

    /// <summary>Gives a record with an exception the fault's fingerprint.</summary>
    sealed class NameFaults(BaseProcessor<LogRecord> next) : BaseProcessor<LogRecord>
    {
        public override void OnEnd(LogRecord data)
        {
            if (data.Exception is { } failure)
                data.Attributes = [.. data.Attributes ?? [], new("souk.fingerprint", Fingerprint.Of(failure))];
            next.OnEnd(data);
        }

        protected override bool OnForceFlush(int timeoutMilliseconds) => next.ForceFlush(timeoutMilliseconds);
        protected override bool OnShutdown(int timeoutMilliseconds) => next.Shutdown(timeoutMilliseconds);

        protected override void Dispose(bool disposing)
        {
            if (disposing) next.Dispose();
            base.Dispose(disposing);
        }
    }
}
