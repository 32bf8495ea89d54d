using System.Net.Sockets;
using Souk.Host.Telemetry;

namespace Souk.Host.Commands;

/// <summary>What the doctor looks at in telemetry: the settings, and whether somebody listens where it is sent.</summary>
internal static class TelemetryChecks
{
    static readonly TimeSpan AnswerTimeMax = TimeSpan.FromSeconds(3);

    public static async Task<Finding> RunAsync(Chosen settings, CancellationToken cancel)
    {
        var configuration = new ConfigurationBuilder();
        settings.AddTo(configuration);
        TelemetryOptions options;
        try
        {
            options = TelemetryOptions.Read(configuration.Build());
        }
        catch (ShopSettingsException wrong)
        {
            return Finding.Fail("telemetry", wrong.Message);
        }
        if (options.Endpoint is not { } endpoint) return Finding.Ok("telemetry", "no endpoint is named: nothing is sent; /metrics on the management port is all");
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(AnswerTimeMax);
            using var socket = new TcpClient();
            await socket.ConnectAsync(endpoint.Host, endpoint.Port, limit.Token);
            return Finding.Ok("telemetry", $"{endpoint} takes connections");
        }
        catch (Exception away) when (away is SocketException or OperationCanceledException && !cancel.IsCancellationRequested)
        {
            return Finding.Fail("telemetry", $"nobody answers at {endpoint}: the shop runs, and its traces are lost. "
                + "Start the collector there, or correct Telemetry:Endpoint (OTEL_EXPORTER_OTLP_ENDPOINT).");
        }
    }
}
