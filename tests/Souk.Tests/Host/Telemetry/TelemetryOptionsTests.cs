using Microsoft.Extensions.Configuration;
using Souk.Host;
using Souk.Host.Telemetry;
using Souk.Platform.Telemetry;

namespace Souk.Tests.Host.Telemetry;

public sealed class TelemetryOptionsTests
{
    [Fact]
    public void Ours_wins_over_the_standard_variable_and_without_both_nothing_is_sent()
    {
        Assert.Null(Read([]).Endpoint);
        Assert.Equal("http://standard:4318/v1/traces", Read([], "http://standard:4318").Of("traces").ToString());
        Assert.Equal("http://ours:1/v1/logs", Read([("Telemetry:Endpoint", "http://ours:1/")], "http://standard:4318").Of("logs").ToString());
        Assert.Equal("http://ours:4317/", Read([("Telemetry:Endpoint", "http://ours:4317"), ("Telemetry:Protocol", "grpc")]).Of("metrics").ToString());
        Assert.Equal((0.01, 200, 15), (Read([]).Share, Read([]).SlowQueryMs, Read([]).ExportSeconds));
    }

    [Theory]
    [InlineData("Telemetry:Endpoint", "collector")]
    [InlineData("Telemetry:Protocol", "http/json")]
    [InlineData("Telemetry:SampleRatio", "1.5")]
    [InlineData("Telemetry:SampleRatio", "all")]
    [InlineData("Telemetry:SlowQueryMs", "-1")]
    [InlineData("Telemetry:ExportSeconds", "0")]
    public void What_cannot_work_is_refused_by_name(string name, string value) =>
        Assert.Contains($"{name}", Assert.Throws<ShopSettingsException>(() => Read([(name, value)])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("souk.job.duration", "s", false, "souk_job_duration_seconds")]
    [InlineData("dotnet.gc.heap.total_allocated", "By", true, "dotnet_gc_heap_total_allocated_bytes")]
    [InlineData("souk.orders.placed", "{order}", true, "souk_orders_placed")]
    public void Names_follow_the_rules_of_prometheus(string name, string unit, bool isCounter, string expected) =>
        Assert.Equal(expected, PrometheusText.NameOf(name, unit, isCounter));

    [Fact]
    public void The_same_fault_has_the_same_fingerprint_and_another_has_another()
    {
        Assert.Equal(Fingerprint.Of(Fault(1)), Fingerprint.Of(Fault(2)));
        Assert.NotEqual(Fingerprint.Of(Fault(1)), Fingerprint.Of(new InvalidOperationException("1", new TimeoutException())));

        static Exception Fault(int number)
        {
            try { throw new InvalidOperationException($"fault {number}"); }
            catch (InvalidOperationException fault) { return fault; }
        }
    }

    static TelemetryOptions Read((string Name, string Value)[] ours, string? standard = null) => TelemetryOptions.Read(
        new ConfigurationBuilder().AddInMemoryCollection(ours.Select(o => KeyValuePair.Create(o.Name, (string?)o.Value))).Build(),
        name => name == "OTEL_EXPORTER_OTLP_ENDPOINT" ? standard : null);
}
