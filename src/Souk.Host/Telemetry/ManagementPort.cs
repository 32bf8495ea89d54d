using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Souk.Host.Telemetry;

/// <summary>
/// Keeps the two ports apart: on the management port there are <c>/metrics</c> and the health routes, and nothing of the shop; on the shop's port there is no
/// <c>/metrics</c>.
/// </summary>
internal static class ManagementPort
{
    /// <summary>The management port's address comes after the shop's.</summary>
    public static Uri? Of(WebApplication app) => app.Urls.Skip(1).FirstOrDefault() is { } url ? new(url) : null;

    public static void UseManagementPort(this WebApplication app)
    {
        var reader = app.Services.GetRequiredService<PrometheusReader>();
        var port = -1;   // known once it listens, hence before the first request
        app.Use((http, next) =>
        {
            if (port < 0) port = PortOf(http);
            if (http.Connection.LocalPort != port) return next(http);
            if (http.Request.Path.StartsWithSegments("/health")) return next(http);
            return AnswerAsync(http, reader);
        });
    }

    static int PortOf(HttpContext http) => http.RequestServices.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>() is { Addresses: { Count: > 1 } addresses }
        ? new Uri(addresses.ElementAt(1)).Port : 0;

    static Task AnswerAsync(HttpContext http, PrometheusReader reader)
    {
        http.Response.Headers.CacheControl = "no-store";
        if (http.Request.Path != "/metrics")
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return http.Response.WriteAsync("Here are /metrics and /health. The shop answers on its own port.\n", http.RequestAborted);
        }
        if (!HttpMethods.IsGet(http.Request.Method))
        {
            http.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            http.Response.Headers.Allow = HttpMethods.Get;
            return Task.CompletedTask;
        }
        var open = http.Request.Headers.Accept.ToString().Contains("application/openmetrics-text", StringComparison.OrdinalIgnoreCase);
        http.Response.ContentType = open ? PrometheusText.OpenType : PrometheusText.PlainType;
        return http.Response.WriteAsync(reader.Read(open), http.RequestAborted);
    }
}
