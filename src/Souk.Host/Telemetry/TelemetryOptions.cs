using System.Globalization;
using Souk.Platform.Telemetry;

namespace Souk.Host.Telemetry;

/// <summary>What the operator says of telemetry; docs/telemetry.md lists it.</summary>
/// <param name="Endpoint">Where OTLP is sent: <c>Telemetry:Endpoint</c>, else OTEL_EXPORTER_OTLP_ENDPOINT; null sends none.</param>
/// <param name="IsGrpc"><c>Telemetry:Protocol</c>, else OTEL_EXPORTER_OTLP_PROTOCOL: <c>grpc</c> or <c>http/protobuf</c> (default).</param>
/// <param name="Share"><c>Telemetry:SampleRatio</c>, 0 to 1, default 0.01: the part of requests whose traces are kept. Failures are kept besides.</param>
/// <param name="SlowQueryMs"><c>Telemetry:SlowQueryMs</c>: a statement that takes longer is logged with its plan; 0 is off.</param>
/// <param name="ExportSeconds"><c>Telemetry:ExportSeconds</c>, 1 to 300, default 15: how often metrics are sent.</param>
internal sealed record TelemetryOptions(Uri? Endpoint, bool IsGrpc, double Share, int SlowQueryMs, int ExportSeconds)
{
    public const double ShareDefault = 0.01;
    public const int SlowQueryMsDefault = 200, ExportSecondsDefault = 15, ExportSecondsMax = 300;

    public static TelemetryOptions Read(IConfiguration configuration) => Read(configuration, Environment.GetEnvironmentVariable);

    internal static TelemetryOptions Read(IConfiguration configuration, Func<string, string?> variable)
    {
        var endpoint = Said("Telemetry:Endpoint", "OTEL_EXPORTER_OTLP_ENDPOINT");
        Uri? address = null;
        if (endpoint is not null && (!Uri.TryCreate(endpoint, UriKind.Absolute, out address) || address.Scheme is not ("http" or "https")))
            throw new ShopSettingsException($"Telemetry:Endpoint (or OTEL_EXPORTER_OTLP_ENDPOINT) is '{endpoint}'. Give an address such as http://127.0.0.1:4318.");
        var protocol = Said("Telemetry:Protocol", "OTEL_EXPORTER_OTLP_PROTOCOL") ?? "http/protobuf";
        if (protocol is not ("grpc" or "http/protobuf"))
            throw new ShopSettingsException($"Telemetry:Protocol (or OTEL_EXPORTER_OTLP_PROTOCOL) is '{protocol}'. Give http/protobuf or grpc.");
        return new(address, protocol == "grpc", Number("Telemetry:SampleRatio", ShareDefault, 0, 1),
            Whole("Telemetry:SlowQueryMs", SlowQueryMsDefault, 0, SlowStatements.ThresholdMsMax), Whole("Telemetry:ExportSeconds", ExportSecondsDefault, 1, ExportSecondsMax));

        string? Said(string name, string standard) => configuration[name] is { Length: > 0 } ours ? ours : variable(standard) is { Length: > 0 } theirs ? theirs : null;

        double Number(string name, double otherwise, double min, double max) => configuration[name] is not { Length: > 0 } text ? otherwise
            : double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max ? number
            : throw new ShopSettingsException(string.Create(CultureInfo.InvariantCulture, $"{name} is '{text}'. Give a number from {min} to {max}."));

        int Whole(string name, int otherwise, int min, int max) => configuration[name] is not { Length: > 0 } text ? otherwise
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max ? number
            : throw new ShopSettingsException($"{name} is '{text}'. Give a whole number from {min} to {max}.");
    }

    /// <summary>Of one signal: over HTTP each has a path of its own.</summary>
    public Uri Of(string signal) => IsGrpc ? Endpoint! : new(Endpoint!.AbsoluteUri.TrimEnd('/') + "/v1/" + signal);
}
