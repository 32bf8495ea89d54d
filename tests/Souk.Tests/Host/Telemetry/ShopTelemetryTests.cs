using System.Diagnostics.Metrics;
using System.Text;
using System.Text.RegularExpressions;
using Souk.Platform.Telemetry;
using Souk.Tests.Tidy;

namespace Souk.Tests.Host.Telemetry;

public sealed partial class ShopTelemetryTests(WatchedShop shop) : IClassFixture<WatchedShop>
{
    [Fact]
    public void A_request_and_its_statements_are_one_trace_and_later_work_names_the_same_order()
    {
        var request = Assert.Single(shop.Receiver.Spans, s => s.TraceId == shop.PlacedTrace && s.Scope == "Microsoft.AspNetCore");
        Assert.Equal(("POST /v1/orders", "/v1/orders", "POST"), (request.Name, request.Attributes["http.route"], request.Attributes["http.request.method"]));
        Assert.Contains(shop.Receiver.Spans, s => s.TraceId == shop.PlacedTrace && s.Scope == "Npgsql");
        var order = request.Attributes[Traces.AggregateId];
        var told = shop.Receiver.Spans.Where(s => s.Name == "event order.placed" && s.Attributes[Traces.AggregateId] == order).ToList();
        Assert.NotEmpty(told);
        Assert.All(told, s => Assert.Equal("process", s.Attributes["messaging.operation.type"]));
        Assert.All(told, s => Assert.NotEqual(shop.PlacedTrace, s.TraceId));
    }

    [Fact]
    public void Nothing_that_leaves_names_a_person()
    {
        var everything = shop.Receiver.Bodies.Select(Encoding.UTF8.GetString).Append(shop.Metrics).Append(shop.OpenMetrics).Append(shop.Output).ToList();
        foreach (var planted in new[] { "Zebediah", "Quillfeather", WatchedShop.Local, "7946 0777",
            "Obelisk", WatchedShop.City, WatchedShop.PostalCode, shop.Password, WatchedShop.Agent, "Password=" })
            Assert.DoesNotContain(everything, text => text.Contains(planted, StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(everything, text => text.Contains(shop.Order, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_metric_is_documented_with_its_unit_and_no_other()
    {
        var documented = Row().Matches(File.ReadAllText(Path.Combine(Source.Root, "docs/telemetry.md"))).Select(m => (Name: m.Groups[1].Value, Unit: m.Groups[2].Value)).ToList();
        var ours = new List<(string, string)>();
        Assert.NotEmpty(Measures.Observed);
        using (var listener = new MeterListener { InstrumentPublished = (instrument, _) => { if (instrument.Meter.Name == Measures.Name) ours.Add((instrument.Name, instrument.Unit!)); } })
            listener.Start();
        Assert.Equal(ours.Order(), documented.Where(d => d.Name.StartsWith("souk.", StringComparison.Ordinal)).Order());
        Assert.Superset(shop.Receiver.Metrics.Keys.ToHashSet(), documented.Select(d => d.Name).ToHashSet());
    }

    [Fact]
    public void What_the_shop_does_is_counted()
    {
        Assert.Matches(@"(?m)^souk_orders_placed_total 1$", shop.Metrics);
        Assert.Matches(@"(?m)^souk_payments_total\{outcome=""captured""\} 1$", shop.Metrics);
        Assert.Matches(@"(?m)^souk_refusals_total\{code=""order_not_found"",status=""404""\} 1$|^souk_refusals_total\{code=""not_signed_in""", shop.Metrics);
        Assert.Matches(@"(?m)^souk_documents_reads_total\{result=""miss""\} [1-9]", shop.Metrics);
        foreach (var lag in new[] { "souk_jobs_lag_seconds", "souk_events_lag_seconds", "souk_jobs_dead", "souk_events_parked" }) Assert.Matches($@"(?m)^{lag} \d", shop.Metrics);
    }

    [Fact]
    public void Metrics_can_be_read_by_prometheus_and_carry_exemplars_for_who_asks_for_them()
    {
        Assert.EndsWith("# EOF\n", shop.OpenMetrics, StringComparison.Ordinal);
        Assert.Matches($@"http_server_request_duration_seconds_bucket\{{.*http_route=""/v1/orders"".*\}} 1 # \{{trace_id=""{shop.PlacedTrace}""", shop.OpenMetrics);
        Assert.DoesNotContain("trace_id", shop.Metrics, StringComparison.Ordinal);
        var families = new HashSet<string>();
        foreach (var line in shop.Metrics.TrimEnd('\n').Split('\n'))
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal)) Assert.True(families.Add(line.Split(' ')[2]), line);
            else if (!line.StartsWith('#')) Assert.Contains(Regex.Replace(Assert.IsType<Match>(Sample().Match(line) is { Success: true } m ? m : null).Groups[1].Value, "_(bucket|sum|count)$", ""),
                families.Concat(families.Select(f => Regex.Replace(f, "_(bucket|sum|count)$", ""))));
        // Buckets grow to the count.
        foreach (var series in shop.Metrics.Split('\n').Select(l => Bucket().Match(l)).Where(m => m.Success).GroupBy(m => m.Groups[1].Value))
            Assert.Equal(series.Select(m => long.Parse(m.Groups[2].Value, null)).Order(), series.Select(m => long.Parse(m.Groups[2].Value, null)));
    }

    [GeneratedRegex(@"^\| `([a-z0-9_.]+)` \| ([^|]*?) \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?:[a-zA-Z_][a-zA-Z0-9_]*=""(?:[^""\\]|\\.)*"",?)*\})? (?:[-+]?[0-9.]+(?:[eE][-+]?\d+)?|NaN|[-+]Inf)$")]
    private static partial Regex Sample();

    [GeneratedRegex(@"^(\w+_bucket\{.*)le=""[^""]*""\} (\d+)$")]
    private static partial Regex Bucket();
}
