using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Primitives;

namespace Souk.Platform.Http.Revisions;

/// <summary>
/// Answers a client in the revision it was written for: <c>Souk-Version: 2026-11-01</c>. Only routes that changed since pay for it; what they answer then
/// says so by <c>Deprecation</c> (RFC 9745), <c>Sunset</c> (RFC 8594) and <c>Link</c>.
/// </summary>
internal sealed class RevisionMiddleware(RequestDelegate next, Revision byDefault)
{
    public const string Header = "Souk-Version";

    /// <summary>The revision of requests that name none; default the newest. Set it before an upgrade, and clients that name none see no change.</summary>
    public const string DefaultOption = "Api:DefaultRevision";

    static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = Json.DepthMax };

    public static Revision DefaultOf(IConfiguration configuration) => configuration[DefaultOption] is not { Length: > 0 } name ? Revision.Newest
        : Revision.Find(name) ?? throw new InvalidOperationException($"{DefaultOption} is '{name}', which is no revision. Revisions: {Names}.");

    static string Names => string.Join(", ", Revision.All.Select(revision => revision.Name));

    public Task InvokeAsync(HttpContext http)
    {
        if (http.GetEndpoint() is not { } endpoint || !http.Request.Path.StartsWithSegments("/v1", StringComparison.Ordinal)) return next(http);
        var revision = byDefault;
        if (http.Request.Headers.TryGetValue(Header, out var named))
        {
            if (Revision.Find(named.ToString()) is not { } known) return Problem.WriteAsync(http, Unknown);
            revision = known;
        }
        http.Response.Headers[Header] = revision.Name;
        if (endpoint.Metadata.GetMetadata<Translation>() is null) return next(http);
        // Also for the newest: a cache must not hand its answer to a client of an older revision.
        http.Response.Headers.Append("Vary", Header);
        var translations = endpoint.Metadata.GetOrderedMetadata<Translation>().Where(t => t.Since.Date > revision.Date).OrderBy(t => t.Since.Date).ToList();
        return translations.Count == 0 ? next(http) : TranslateAsync(http, translations);
    }

    async Task TranslateAsync(HttpContext http, List<Translation> translations)
    {
        Deprecate(http.Response.Headers, translations[0].Since);
        await LiftAsync(http.Request, translations, http.RequestAborted);
        var sent = http.Response.Body;
        using var answer = new MemoryStream();
        http.Response.Body = answer;
        try
        {
            await next(http);
            // Problems are written through the pipe, which keeps them until it is flushed.
            await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
        }
        finally
        {
            http.Response.Body = sent;
        }
        ReadOnlyMemory<byte> body = answer.GetBuffer().AsMemory(0, (int)answer.Length);
        if (body.Length == 0) return;
        if (http.Response is { StatusCode: < 300, ContentType: { } type } && type.StartsWith("application/json", StringComparison.Ordinal) && JsonNode.Parse(body.Span) is JsonObject shown)
        {
            foreach (var translation in Enumerable.Reverse(translations)) translation.Down(shown);
            body = JsonSerializer.SerializeToUtf8Bytes(shown, Json.Options);
        }
        http.Response.ContentLength = body.Length;
        await sent.WriteAsync(body, http.RequestAborted);
    }

    static async Task LiftAsync(HttpRequest request, List<Translation> translations, CancellationToken cancel)
    {
        if (!request.HasJsonContentType()) return;
        var bytes = new MemoryStream();
        await request.Body.CopyToAsync(bytes, cancel);
        try
        {
            if (JsonNode.Parse(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), documentOptions: Strict) is JsonObject asked)
            {
                foreach (var translation in translations) translation.Up(asked);
                bytes = new(JsonSerializer.SerializeToUtf8Bytes(asked, Json.Options));
            }
        }
        catch (JsonException)
        {
            // The handler refuses it, in its own words.
        }
        bytes.Position = 0;
        request.Body = bytes;
        request.ContentLength = bytes.Length;
    }

    /// <param name="successor">The first revision that answers otherwise.</param>
    static void Deprecate(IHeaderDictionary headers, Revision successor)
    {
        var since = new DateTimeOffset(successor.Date, default, TimeSpan.Zero);
        headers["Deprecation"] = string.Create(CultureInfo.InvariantCulture, $"@{since.ToUnixTimeSeconds()}");
        headers["Sunset"] = since.AddMonths(Revision.MonthsKept).ToString("R", CultureInfo.InvariantCulture);
        headers.Link = StringValues.Concat(headers.Link, "</docs>; rel=\"deprecation\"; type=\"text/html\"");
    }

    static readonly Error Unknown = Error.Malformed("version_unknown", $"There is no such revision. {Header} is one of {Names}; without it you get the shop's default.")
        with { Details = [("allowed", Revision.All.Select(revision => revision.Name).ToArray())] };
}
