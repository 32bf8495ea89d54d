using System.Text.Json.Nodes;

namespace Souk.Host.OpenApi;

/// <summary>How refusals are described: as <c>Error</c> is written by every route.</summary>
internal static class Problems
{
    /// <summary>A reference to the answer that any route may give.</summary>
    public const string Response = "#/components/responses/Problem";

    /// <param name="example">One that was recorded, or null.</param>
    public static JsonObject ResponseOf(string description, JsonNode? example = null)
    {
        JsonObject media = new() { ["schema"] = new JsonObject { ["$ref"] = "#/components/schemas/Problem" } };
        if (example is not null) media["example"] = example.DeepClone();
        return new() { ["description"] = description, ["content"] = new JsonObject { ["application/problem+json"] = media } };
    }

    public static JsonObject Schema() => new()
    {
        ["type"] = "object",
        ["description"] = "RFC 9457; some codes have members of their own.",
        ["properties"] = new JsonObject
        {
            ["type"] = Text("`urn:souk:problem:` and the code."), ["title"] = Text("The same for every problem of this code."),
            ["status"] = new JsonObject { ["type"] = "integer", ["minimum"] = 400, ["maximum"] = 599 },
            ["detail"] = Text("For a person: what was wrong and what to do. May change any day."), ["instance"] = Text("The path that was asked."),
            ["code"] = Text("For programs; stable for ever."), ["traceId"] = Text("Finds the request in traces and logs."),
            ["errors"] = new JsonObject
            {
                ["type"] = "object", ["description"] = "What is wrong with which member, by JSON Pointer (RFC 6901).",
                ["additionalProperties"] = new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "string" } },
            },
        },
        ["required"] = new JsonArray("type", "title", "status", "detail", "instance", "code", "traceId"),
    };

    static JsonObject Text(string description) => new() { ["type"] = "string", ["description"] = description };
}
