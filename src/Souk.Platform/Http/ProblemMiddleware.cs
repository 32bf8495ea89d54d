using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Souk.Platform.Telemetry;

namespace Souk.Platform.Http;

/// <summary>
/// The outermost step: whatever goes wrong below becomes a problem answer. A request that cannot be read is the caller's 4xx; a database that is
/// away or overloaded is a 503 with Retry-After; anything else is our bug: logged whole, answered as a 500 that tells nothing but the trace id.
/// </summary>
internal sealed partial class ProblemMiddleware(RequestDelegate next, ILogger<ProblemMiddleware> log)
{
    public async Task InvokeAsync(HttpContext http)
    {
        try
        {
            await next(http);
            if (http.Response is { HasStarted: false, StatusCode: >= 400, ContentType: null } and { ContentLength: null or 0 })
                await Problem.WriteAsync(http, OfStatus(http));
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The caller has gone: nobody reads an answer.
        }
        catch (Exception failure) when (!http.Response.HasStarted)
        {
            var error = OfException(failure);
            if (error.Status >= 500) Traces.Fail(Problem.SpanOf(http), failure);
            if (error.Status == 500) log.LogError(failure, "Unhandled failure in {Method} {Route} (trace {TraceId})", http.Request.Method, RouteOf(http), Problem.TraceIdOf(http));
            else if (error.Status == 503) log.LogWarning("Refused {Method} {Route}: {Reason}", http.Request.Method, RouteOf(http), failure.Message);
            var allow = http.Response.Headers.Allow;
            http.Response.Clear();
            http.Response.Headers.Allow = allow;
            SecurityHeaders.Set(http.Response.Headers);
            await Problem.WriteAsync(http, error);
        }
        finally
        {
            if (Problem.SpanOf(http) is { IsAllDataRequested: true } span) Describe(span, http);
        }
    }

    /// <summary>The semantic conventions of an HTTP server span, but for what tells of a person: no path, query, address or agent.</summary>
    static void Describe(Activity span, HttpContext http)
    {
        var (method, route, status) = (http.Request.Method, RouteOf(http), http.Response.StatusCode);
        span.DisplayName = $"{method} {route}";
        span.SetTag("http.request.method", method).SetTag("http.route", route).SetTag("http.response.status_code", status).SetTag("url.scheme", http.Request.Scheme);
        if (status < 500) return;
        if (span.GetTagItem("error.type") is null) span.SetTag("error.type", status.ToString(System.Globalization.CultureInfo.InvariantCulture));
        span.SetStatus(ActivityStatusCode.Error);
    }

    /// <summary>The template, not the path: paths hold ids.</summary>
    static string RouteOf(HttpContext http) => (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "(no route)";

    internal static Error OfException(Exception failure) => failure switch
    {
        BadHttpRequestException { InnerException: JsonException broken } => Malformed(broken),
        BadHttpRequestException { StatusCode: 413 } => new(413, "body_too_large", $"A request body has at most {RequestLimits.BodyBytesMax} bytes here."),
        BadHttpRequestException { StatusCode: 415 } => new(415, "content_type_unsupported", "Send the body as application/json in UTF-8."),
        BadHttpRequestException { StatusCode: 408 } => new(408, "request_too_slow", "The request body came too slowly. Send it again."),
        BadHttpRequestException bad => new(bad.StatusCode is >= 400 and < 500 ? bad.StatusCode : 400, "request_malformed", Plain(bad.Message)),
        JsonException broken => Malformed(broken),
        PostgresException { SqlState: PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.TooManyConnections
            or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected } => Busy,
        PostgresException { IsTransient: true } => Busy,
        PostgresException => Bug,
        NpgsqlException => Busy,
        _ => Bug,
    };

    static readonly Error Bug = new(500, "internal_error", "Something broke on our side. Nothing you sent was at fault; the trace id finds it in the logs.");

    static readonly Error Busy = new(503, "temporarily_unavailable",
        "The shop cannot answer this now. Try again shortly, with the same Idempotency-Key if you sent one.") { RetryAfterSeconds = 1 };

    static Error Malformed(JsonException broken)
    {
        var pointer = PointerOf(broken.Path);
        var unknown = UnknownMember().Match(broken.Message);
        var message = unknown.Success ? $"There is no member '{unknown.Groups[1].Value}' here. Check its spelling, or leave it out."
            : broken.Message.StartsWith("Expected an id", StringComparison.Ordinal) || broken.Message.StartsWith("Expected a time", StringComparison.Ordinal) ? Plain(broken.Message)
            : broken.Path is null or "$" or "" ? "The body is no valid JSON object of the expected shape."
            : "This value is missing, or is not of the expected type or shape.";
        if (unknown.Success)
        {
            // The reader's path ends with the member itself for some shapes and with its parent for others.
            var step = "/" + Escape(unknown.Groups[1].Value);
            if (!pointer.EndsWith(step, StringComparison.Ordinal)) pointer += step;
        }
        return new(400, unknown.Success ? "unknown_member" : "json_malformed", message) { Members = [(pointer, message)] };
    }

    /// <summary>$.lines[0].quantity → /lines/0/quantity (RFC 6901).</summary>
    internal static string PointerOf(string? path) => path is null ? ""
        : Step().Replace(path.TrimStart('$'), step => "/" + Escape(step.Groups["name"].Success ? step.Groups["name"].Value
            : step.Groups["quoted"].Success ? step.Groups["quoted"].Value : step.Groups["index"].Value));

    static string Escape(string step) => step.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    /// <summary>The framework's message without what names our types.</summary>
    static string Plain(string message)
    {
        var parameter = Parameter().Match(message);
        return parameter.Success ? $"'{parameter.Groups[1].Value}' is missing or is not of the expected form." : message.Split(" Path:")[0];
    }

    static Error OfStatus(HttpContext http) => http.Response.StatusCode switch
    {
        401 => new(401, "not_signed_in", "Sign in and send the access token as 'Authorization: Bearer …'."),
        403 => new(403, "not_allowed", "Your account may not do this."),
        404 => new(404, "route_not_found", $"There is nothing at {http.Request.Path}. Check the path and its spelling."),
        405 => new(405, "method_not_allowed", $"{http.Request.Method} is not possible here; the Allow header lists what is."),
        413 => new(413, "body_too_large", $"A request body has at most {RequestLimits.BodyBytesMax} bytes here."),
        415 => new(415, "content_type_unsupported", "Send the body as application/json in UTF-8."),
        429 => new(429, "too_many_requests", "You ask faster than is allowed. Wait as long as Retry-After says."),
        >= 500 => Bug,
        var other => new(other, "request_malformed", "The request cannot be understood."),
    };

    [GeneratedRegex(@"property '([^']*)' could not be mapped")]
    private static partial Regex UnknownMember();

    [GeneratedRegex(@"\.(?<name>[^.\[\]]+)|\['(?<quoted>[^']*)'\]|\[(?<index>\d+)\]")]
    private static partial Regex Step();

    [GeneratedRegex(@"parameter ""[^""]*?(\w+)""")]
    private static partial Regex Parameter();
}
