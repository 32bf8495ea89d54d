extern alias jsonschema;
using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using jsonschema::Json.Schema;
using Souk.Tests.Tidy;

namespace Souk.Tests.OpenApi;

/// <summary>
/// Holds every exchange of the suite against docs/openapi/v1.json: an answer that the description does not foresee, or a request that is accepted although the
/// description forbids it, fails the test that caused it. Of each operation and status the first few hundred are looked at.
/// </summary>
public sealed class DescribedAnswers(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    /// <summary>So many of one kind show what there is to see; more only cost time.</summary>
    const int LooksMax = 200;

    static readonly JsonNode Document = JsonNode.Parse(File.ReadAllText(Path.Combine(Source.Root, "docs/openapi/v1.json")))!;

    static readonly List<(Regex Path, JsonObject Item)> Paths = [.. Document["paths"]!.AsObject()
        .Select(path => (new Regex("^" + Regex.Replace(path.Key, @"\\?\{[^}]*\}", "[^/]*") + "$"), path.Value!.AsObject()))];

    static readonly ConcurrentDictionary<string, JsonSchema> Schemas = new();
    static readonly ConcurrentDictionary<string, int> Looks = new();

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // A stream of the caller's own can be read once.
        var body = request.Content is null or StreamContent ? null : await request.Content.ReadAsByteArrayAsync(cancellationToken);
        var answer = await base.SendAsync(request, cancellationToken);
        // Answers of older revisions are described by the document of their day.
        if (request.Headers.Contains("Souk-Version") || request.RequestUri?.AbsolutePath is not { } path || !path.StartsWith("/v1/", StringComparison.Ordinal)) return answer;
        if (Find(path, request.Method.Method) is not { } operation) return answer;
        var name = $"{(string)operation["operationId"]!} {(int)answer.StatusCode}";
        if (Looks.AddOrUpdate(name, 1, static (_, count) => count + 1) > LooksMax) return answer;
        await CheckAnswerAsync(operation, name, answer);
        if (answer.IsSuccessStatusCode && body is { Length: > 0 } && operation["requestBody"]?["content"]?.AsObject().First() is { } media)
            Check(media.Value!["schema"]!, $"{name} request", JsonNode.Parse(body)!, nullMeansAbsent: media.Key == "application/json");
        return answer;
    }

    /// <summary>The operation of the document that this request is for; null for a path or method that there is not.</summary>
    static JsonNode? Find(string path, string method) => Paths
        .Where(p => p.Path.IsMatch(path)).Select(p => p.Item[method.ToLowerInvariant()]).FirstOrDefault(operation => operation is not null);

    static async Task CheckAnswerAsync(JsonNode operation, string name, HttpResponseMessage answer)
    {
        var responses = operation["responses"]!;
        var response = responses[((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture)];
        if (response is null && (int)answer.StatusCode < 400) Assert.Fail($"docs/openapi/v1.json does not know that {name} can be. Run: ./souk openapi --write docs/openapi/v1.json");
        response ??= responses["default"]!;
        if (response["$ref"] is { } reference) response = ((string)reference!)[2..].Split('/').Aggregate(Document, (at, step) => at[step]!);
        if (answer.Content.Headers.ContentType?.MediaType is not { } type || response["content"]?[type]?["schema"] is not { } schema || !type.EndsWith("json", StringComparison.Ordinal)) return;
        Check(schema, name, JsonNode.Parse(await answer.Content.ReadAsByteArrayAsync())!, nullMeansAbsent: false);
    }

    static void Check(JsonNode schema, string name, JsonNode body, bool nullMeansAbsent)
    {
        if (nullMeansAbsent) DropNulls(body);
        var read = Schemas.GetOrAdd(schema.ToJsonString(), static text => Read(text));
        var result = read.Evaluate(body, new() { OutputFormat = OutputFormat.List, RequireFormatValidation = true });
        if (result.IsValid) return;
        var wrong = result.Details.Where(d => d.HasErrors).SelectMany(d => d.Errors!.Values, (d, error) => $"{d.InstanceLocation}: {error}");
        Assert.Fail($"{name} is not as docs/openapi/v1.json says: {string.Join("; ", wrong)}. It is: {body.ToJsonString()}");
    }

    static void DropNulls(JsonNode? node)
    {
        if (node is JsonArray items) foreach (var item in items) DropNulls(item);
        if (node is not JsonObject members) return;
        foreach (var (name, value) in members.ToList())
            if (value is null) members.Remove(name);
            else DropNulls(value);
    }

    /// <summary>The schema with all components beside it, where a validator of JSON Schema looks for them.</summary>
    static JsonSchema Read(string text)
    {
        var schema = JsonNode.Parse(text)!.AsObject();
        schema["$defs"] = Document["components"]!["schemas"]!.DeepClone();
        return JsonSchema.FromText(schema.ToJsonString().Replace("#/components/schemas/", "#/$defs/", StringComparison.Ordinal));
    }
}
