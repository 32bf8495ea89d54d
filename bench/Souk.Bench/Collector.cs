using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Souk.Bench;

/// <summary>
/// Takes the OTLP that the measured shop sends, as the collector of a production does, so that what telemetry costs is in every figure: traces sampled at
/// 1 %, metrics and logs. It keeps nothing but the count.
/// </summary>
internal sealed class Collector : IAsyncDisposable
{
    readonly WebApplication app;
    long traces;

    Collector(WebApplication app) => this.app = app;

    public string Url => app.Urls.First();

    /// <summary>How many times traces were sent.</summary>
    public long Traces => Interlocked.Read(ref traces);

    public static async Task<Collector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var collector = new Collector(builder.Build());
        collector.app.Run(async http =>
        {
            await http.Request.Body.CopyToAsync(Stream.Null, http.RequestAborted);
            if (http.Request.Path == "/v1/traces") Interlocked.Increment(ref collector.traces);
            http.Response.ContentType = "application/x-protobuf";
        });
        await collector.app.StartAsync();
        return collector;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
