using System.Globalization;
using System.Text;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Souk.Host.Telemetry;

/// <summary>Writes metrics as Prometheus reads them, by the naming rules that OpenTelemetry gives for it.</summary>
internal static class PrometheusText
{
    public const string PlainType = "text/plain; version=0.0.4; charset=utf-8", OpenType = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    public static string Write(IEnumerable<Metric> metrics, bool open)
    {
        var text = new StringBuilder();
        foreach (var same in metrics.GroupBy(metric => NameOf(metric.Name, metric.Unit, IsCounter(metric))))
        {
            var first = same.First();
            // A counter's family has no suffix in OpenMetrics, and has it in the older text.
            var family = IsCounter(first) && !open ? same.Key + "_total" : same.Key;
            text.Append("# TYPE ").Append(family).Append(' ').Append(TypeOf(first)).Append('\n');
            if (first.Description is { Length: > 0 } description) text.Append("# HELP ").Append(family).Append(' ').Append(Escaped(description)).Append('\n');
            foreach (var metric in same.Where(m => m.MetricType == first.MetricType))
                foreach (ref readonly var point in metric.GetMetricPoints()) Point(text, same.Key, metric, point, open);
        }
        return open ? text.Append("# EOF\n").ToString() : text.ToString();
    }

    static void Point(StringBuilder text, string name, Metric metric, in MetricPoint point, bool open)
    {
        var labels = Labels(point.Tags);
        if (metric.MetricType != MetricType.Histogram)
        {
            var value = metric.MetricType switch
            {
                MetricType.LongSum => point.GetSumLong(),
                MetricType.DoubleSum => point.GetSumDouble(),
                MetricType.LongSumNonMonotonic => point.GetSumLong(),
                MetricType.DoubleSumNonMonotonic => point.GetSumDouble(),
                MetricType.LongGauge => point.GetGaugeLastValueLong(),
                _ => point.GetGaugeLastValueDouble(),
            };
            Line(text, IsCounter(metric) ? name + "_total" : name, labels, value);
            if (open && IsCounter(metric)) Exemplar(text, point, double.NegativeInfinity, double.PositiveInfinity);
            text.Append('\n');
            return;
        }
        var (count, lower) = (0L, double.NegativeInfinity);
        foreach (var bucket in point.GetHistogramBuckets())
        {
            count += bucket.BucketCount;
            Line(text, name + "_bucket", $"{labels}{(labels.Length > 0 ? "," : "")}le=\"{Number(bucket.ExplicitBound)}\"", count);
            if (open) Exemplar(text, point, lower, bucket.ExplicitBound);
            text.Append('\n');
            lower = bucket.ExplicitBound;
        }
        Line(text, name + "_sum", labels, point.GetHistogramSum());
        Line(text.Append('\n'), name + "_count", labels, point.GetHistogramCount());
        text.Append('\n');
    }

    /// <summary>The latest kept trace whose value lies above the lower and not above the upper bound.</summary>
    static void Exemplar(StringBuilder text, in MetricPoint point, double lower, double upper)
    {
        if (!point.TryGetExemplars(out var exemplars)) return;
        foreach (ref readonly var exemplar in exemplars)
        {
            // An exemplar of a counter of whole numbers has its value as such.
            var value = exemplar.DoubleValue == 0 && exemplar.LongValue < 1_000_000 ? exemplar.LongValue : exemplar.DoubleValue;
            if (exemplar.TraceId == default || value <= lower || value > upper) continue;
            text.Append(" # {trace_id=\"").Append(exemplar.TraceId.ToHexString()).Append("\",span_id=\"").Append(exemplar.SpanId.ToHexString()).Append("\"} ")
                .Append(Number(value)).Append(' ').Append(Number(exemplar.Timestamp.ToUnixTimeMilliseconds() / 1000.0));
            return;
        }
    }

    static void Line(StringBuilder text, string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0) text.Append('{').Append(labels).Append('}');
        text.Append(' ').Append(Number(value));
    }

    static string Labels(ReadOnlyTagCollection tags)
    {
        var labels = new List<string>();
        foreach (var (name, value) in tags)
            labels.Add($"{Plain(name)}=\"{Escaped(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "").Replace("\"", "\\\"", StringComparison.Ordinal)}\"");
        return string.Join(',', labels);
    }

    /// <summary>souk.job.duration in s → souk_job_duration_seconds.</summary>
    internal static string NameOf(string name, string? unit, bool isCounter)
    {
        var plain = Plain(name);
        var suffix = unit switch { "s" => "_seconds", "ms" => "_milliseconds", "By" => "_bytes", "1" when !isCounter => "_ratio", _ => "" };
        return plain.EndsWith(suffix, StringComparison.Ordinal) ? plain : plain + suffix;
    }

    static bool IsCounter(Metric metric) => metric.MetricType is MetricType.LongSum or MetricType.DoubleSum;

    static string TypeOf(Metric metric) => metric.MetricType == MetricType.Histogram ? "histogram" : IsCounter(metric) ? "counter" : "gauge";

    static string Plain(string name) => string.Create(name.Length, name, static (plain, name) =>
    {
        for (var i = 0; i < name.Length; i++) plain[i] = char.IsAsciiLetterOrDigit(name[i]) ? name[i] : '_';
    });

    static string Escaped(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    static string Number(double value) => double.IsPositiveInfinity(value) ? "+Inf"
        : double.IsNegativeInfinity(value) ? "-Inf" : double.IsNaN(value) ? "NaN" : value.ToString("R", CultureInfo.InvariantCulture);
}
