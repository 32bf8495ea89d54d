using System.Text.Json.Nodes;
using Souk.Host.OpenApi;

namespace Souk.Tests.OpenApi;

public sealed class BreakingChangesTests
{
    const string Before = """
        {
          "info": { "version": "2026-11-01" },
          "paths": {
            "/v1/things": {
              "post": {
                "operationId": "makeThing",
                "parameters": [{ "name": "Key", "in": "header", "schema": { "type": "string" } }],
                "requestBody": { "required": true, "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Asked" } } } },
                "responses": { "201": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Thing" } } } } },
                "security": [{ "bearer": [] }, {}]
              }
            }
          },
          "components": { "schemas": {
            "Asked": { "type": "object", "properties": { "name": { "type": "string", "maxLength": 100 }, "kind": { "type": "string", "enum": ["a", "b"] } }, "required": ["name"] },
            "Thing": { "type": "object", "properties": { "id": { "type": "string" }, "size": { "type": "integer" }, "parts": { "type": "array", "items": { "$ref": "#/components/schemas/Thing" } } },
                       "required": ["id", "size"] }
          } }
        }
        """;

    const string Operation = "/paths/~1v1~1things/post", Asked = "/components/schemas/Asked", Thing = "/components/schemas/Thing";

    [Theory]
    [InlineData("/paths/~1v1~1things", null, "POST /v1/things is gone.")]
    [InlineData(Operation + "/parameters", "[]", "header Key is gone.")]
    [InlineData(Operation + "/parameters/0/required", "true", "header Key is needed now.")]
    [InlineData(Operation + "/requestBody", null, "it takes no body any more.")]
    [InlineData(Operation + "/responses/201", null, "it answers 201 no more.")]
    [InlineData(Operation + "/security", """[{ "bearer": [] }]""", "a way to sign in is gone.")]
    [InlineData(Asked + "/properties/name", null, "request/name is gone.")]
    [InlineData(Asked + "/required", """["name", "kind"]""", "request/kind is needed now.")]
    [InlineData(Asked + "/properties/name/maxLength", "50", "request/name has a tighter maxLength.")]
    [InlineData(Asked + "/properties/name/type", "\"integer\"", "request/name was string and is integer.")]
    [InlineData(Asked + "/properties/kind/enum", """["a"]""", "request/kind takes fewer values.")]
    [InlineData(Thing + "/properties/size", null, "answer/size is gone.")]
    [InlineData(Thing + "/properties/size/type", "\"string\"", "answer/size was integer and is string.")]
    [InlineData(Thing + "/required", """["id"]""", "answer/size may be absent now.")]
    public void Are_found(string pointer, string? value, string what) => Assert.Contains(new("makeThing", what), Changed(pointer, value));

    [Theory]
    [InlineData("/paths/~1v1~1others", """{ "get": { "operationId": "other", "responses": {} } }""")]
    [InlineData(Operation + "/parameters/0/description", "\"A key.\"")]
    [InlineData(Operation + "/responses/202", """{ "description": "later" }""")]
    [InlineData(Operation + "/security", """[{ "bearer": [] }, { "cookie": [] }, {}]""")]
    [InlineData(Asked + "/properties/note", """{ "type": "string" }""")]
    [InlineData(Asked + "/required", "[]")]
    [InlineData(Asked + "/properties/name/maxLength", "200")]
    [InlineData(Asked + "/properties/kind/enum", """["a", "b", "c"]""")]
    [InlineData(Thing + "/properties/colour", """{ "type": "string" }""")]
    [InlineData(Thing + "/required", """["id", "size", "parts"]""")]
    public void Are_not_seen_in_what_breaks_nobody(string pointer, string value) => Assert.Empty(Changed(pointer, value));

    [Fact]
    public void Are_allowed_to_an_operation_that_declares_and_translates_them()
    {
        Assert.NotEmpty(Changed(Thing + "/properties/size", null));
        Assert.Empty(Changed(Thing + "/properties/size", null, (Operation + "/x-changed-in", """["2026-11-25"]""")));
        Assert.NotEmpty(Changed(Thing + "/properties/size", null, (Operation + "/x-changed-in", """["2026-11-01"]""")));
    }

    static IReadOnlyList<BreakingChange> Changed(string pointer, string? value, params (string Pointer, string? Value)[] more)
    {
        var after = JsonNode.Parse(Before)!;
        foreach (var (at, what) in more.Prepend((pointer, value)))
        {
            var steps = at[1..].Split('/').Select(step => step.Replace("~1", "/", StringComparison.Ordinal)).ToList();
            var parent = steps.SkipLast(1).Aggregate(after, (node, step) => node is JsonArray ? node[int.Parse(step, null)]! : node[step]!);
            if (what is null) parent.AsObject().Remove(steps[^1]);
            else parent[steps[^1]] = JsonNode.Parse(what);
        }
        return BreakingChanges.Between(JsonNode.Parse(Before)!, after);
    }
}
