using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Souk.Host.Telemetry;

/// <summary>
/// What <c>/metrics</c> answers: Prometheus text 0.0.4, or OpenMetrics 1.0 for who asks for it, which has exemplars. Collected when asked for, at most
/// once for all who ask within <see cref="CollectPause"/>.
/// </summary>
/// <remarks>The official exporter for Prometheus is a preview and knows no exemplars; the formats are a page each.</remarks>
internal sealed class PrometheusReader : BaseExportingMetricReader
{
    static readonly TimeSpan CollectPause = TimeSpan.FromSeconds(1);

    readonly Writer writer;
    readonly Lock guard = new();
    long collectedAt;

    PrometheusReader(Writer writer) : base(writer) => this.writer = writer;

    public static PrometheusReader Make() => new(new Writer());

    public string Read(bool openMetrics)
    {
        lock (guard)
        {
            if (collectedAt == 0 || Stopwatch.GetElapsedTime(collectedAt) >= CollectPause)
            {
                Collect();
                collectedAt = Stopwatch.GetTimestamp();
            }
            return openMetrics ? writer.Open : writer.Plain;
        }
    }

    sealed class Writer : BaseExporter<Metric>
    {
        public string Plain { get; private set; } = "";
        public string Open { get; private set; } = "";

        public override ExportResult Export(in Batch<Metric> batch)
        {
            var metrics = new List<Metric>();
            foreach (var metric in batch) metrics.Add(metric);
            (Plain, Open) = (PrometheusText.Write(metrics, open: false), PrometheusText.Write(metrics, open: true));
            return ExportResult.Success;
        }
    }
}
