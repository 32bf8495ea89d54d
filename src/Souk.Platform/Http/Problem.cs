using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Souk.Platform.Telemetry;

namespace Souk.Platform.Http;

/// <summary>Writes RFC 9457 problem details: every answer that is not a success has this body.</summary>
internal static class Problem
{
    public const string ContentType = "application/problem+json";

    /// <summary>A stable name for each kind of problem, documented in docs/problems.md.</summary>
    static string TypeOf(string code) => $"urn:souk:problem:{code}";

    public static async Task WriteAsync(HttpContext http, Error error)
    {
        Measures.Refused(error.Status, error.Code);
        var span = SpanOf(http);
        Traces.KeepFailed(span, error.Status);
        if (span is { IsAllDataRequested: true }) span.SetTag("souk.problem.code", error.Code);
        var response = http.Response;
        response.StatusCode = error.Status;
        response.ContentType = ContentType;
        response.Headers.CacheControl = "no-store";
        if (error.RetryAfterSeconds is { } seconds) response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (HttpMethods.IsHead(http.Request.Method)) return;

        await using var writer = new Utf8JsonWriter(response.BodyWriter);
        writer.WriteStartObject();
        writer.WriteString("type", TypeOf(error.Code));
        writer.WriteString("title", Title(error.Code));
        writer.WriteNumber("status", error.Status);
        writer.WriteString("detail", error.Message);
        writer.WriteString("instance", http.Request.Path.Value);
        writer.WriteString("code", error.Code);
        writer.WriteString("traceId", TraceIdOf(http));
        foreach (var (name, value) in error.Details)
        {
            writer.WritePropertyName(name);
            JsonSerializer.Serialize(writer, value, Json.Options);
        }
        if (error.Members.Count > 0)
        {
            writer.WriteStartObject("errors");
            foreach (var member in error.Members.GroupBy(m => m.Pointer, m => m.Message))
            {
                writer.WriteStartArray(member.Key);
                foreach (var message in member) writer.WriteStringValue(message);
                writer.WriteEndArray();
            }
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
    }

    /// <summary>Finds the request in the logs.</summary>
    public static string TraceIdOf(HttpContext http) => SpanOf(http)?.TraceId.ToHexString() ?? http.TraceIdentifier;

    /// <summary>The span of the whole request, whichever is current now.</summary>
    public static Activity? SpanOf(HttpContext http) => http.Features.Get<IHttpActivityFeature>()?.Activity ?? Activity.Current;

    /// <summary>insufficient_stock → "Insufficient stock": the same for every occurrence, as the RFC asks.</summary>
    static string Title(string code) => char.ToUpperInvariant(code[0]) + code[1..].Replace('_', ' ');
}
