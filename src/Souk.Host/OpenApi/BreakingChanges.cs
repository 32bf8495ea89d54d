using System.Text.Json.Nodes;

namespace Souk.Host.OpenApi;

/// <summary>Something that a client written for the older description would trip over.</summary>
/// <param name="Operation">The operationId; of the older description.</param>
internal sealed record BreakingChange(string Operation, string What)
{
    public override string ToString() => $"{Operation}: {What}";
}

/// <summary>
/// What breaks between two OpenAPI descriptions. A request must still be understood: nothing new is required of it, nothing it may hold is gone. An answer must still
/// hold what it held, in the same form. An operation that a newer revision declares as changed (<c>x-changed-in</c>) translates for older clients, so it may differ.
/// </summary>
internal sealed class BreakingChanges
{
    readonly JsonNode before, after;
    readonly List<BreakingChange> found = [];
    readonly HashSet<(string, string, bool)> compared = [];

    BreakingChanges(JsonNode before, JsonNode after) => (this.before, this.after) = (before, after);

    public static IReadOnlyList<BreakingChange> Between(JsonNode before, JsonNode after)
    {
        var changes = new BreakingChanges(before, after);
        var released = (string)before["info"]!["version"]!;
        var now = Operations(after).ToDictionary(o => o.Key, o => o.Operation);
        foreach (var (key, operation) in Operations(before))
        {
            var name = (string)operation["operationId"]!;
            if (!now.TryGetValue(key, out var other)) changes.found.Add(new(name, $"{key} is gone."));
            else if (!(other["x-changed-in"] as JsonArray ?? []).Any(date => string.CompareOrdinal((string)date!, released) > 0)) changes.Compare(name, operation, other);
        }
        return changes.found;
    }

    static IEnumerable<(string Key, JsonNode Operation)> Operations(JsonNode document) =>
        from path in document["paths"]!.AsObject() from method in path.Value!.AsObject() select ($"{method.Key.ToUpperInvariant()} {path.Key}", method.Value!);

    void Compare(string name, JsonNode old, JsonNode now)
    {
        compared.Clear();
        Parameters(name, old, now);
        if (!Names(old["security"]).IsSubsetOf(Names(now["security"])) && Names(now["security"]).Count > 0) Break(name, "a way to sign in is gone.");
        if (Names(old["security"]).Count == 0 && Names(now["security"]) is { Count: > 0 } ways && !ways.Contains("")) Break(name, "it needs a sign-in now.");

        var (oldBody, nowBody) = (old["requestBody"], now["requestBody"]);
        if (oldBody is not null && nowBody is null) Break(name, "it takes no body any more.");
        else if (nowBody is not null && (bool?)nowBody["required"] == true && (bool?)oldBody?["required"] != true) Break(name, "it needs a body now.");
        else if (oldBody is not null) Contents(name, "request", oldBody["content"], nowBody!["content"], isRequest: true);

        foreach (var (status, response) in old["responses"]!.AsObject().Where(r => r.Key[0] == '2'))
            if (now["responses"]![status] is not { } answer) Break(name, $"it answers {status} no more.");
            else Contents(name, "answer", Resolve(before, response!)["content"], Resolve(after, answer)["content"], isRequest: false);
    }

    void Parameters(string name, JsonNode old, JsonNode now)
    {
        var (were, are) = (ByName(before, old), ByName(after, now));
        foreach (var (key, parameter) in were)
            if (!are.TryGetValue(key, out var other)) Break(name, $"{key} is gone.");
            else Schemas(name, key, parameter["schema"], other["schema"], isRequest: true);
        foreach (var (key, parameter) in are)
            if ((bool?)parameter["required"] == true && (!were.TryGetValue(key, out var other) || (bool?)other["required"] != true)) Break(name, $"{key} is needed now.");

        static Dictionary<string, JsonNode> ByName(JsonNode document, JsonNode operation) => (operation["parameters"] as JsonArray ?? [])
            .Select(p => Resolve(document, p!)).ToDictionary(p => $"{(string)p["in"]!} {(string)p["name"]!}");
    }

    void Contents(string name, string where, JsonNode? old, JsonNode? now, bool isRequest)
    {
        foreach (var (type, media) in old as JsonObject ?? [])
            if (now?[type] is not { } other) Break(name, $"the {where} is no {type} any more.");
            else Schemas(name, where, media!["schema"], other["schema"], isRequest);
    }

    void Schemas(string name, string where, JsonNode? oldSchema, JsonNode? nowSchema, bool isRequest)
    {
        if (oldSchema is null || nowSchema is null) return;
        if (oldSchema["$ref"] is { } reference && nowSchema["$ref"] is { } other && !compared.Add(((string)reference!, (string)other!, isRequest))) return;
        var (old, now) = (Resolve(before, oldSchema), Resolve(after, nowSchema));
        if (Choices(old) is { } olds && Choices(now) is { } nows)
        {
            foreach (var (one, two) in olds.Zip(nows)) Schemas(name, where, one, two, isRequest);
            return;
        }
        // A request may take more than it did; an answer may be narrower than it was.
        var (from, to) = isRequest ? (old, now) : (now, old);
        if (!Types(from).IsSubsetOf(Types(to))) Break(name, $"{where} was {string.Join(" or ", Types(old))} and is {string.Join(" or ", Types(now))}.");
        if (Values(to) is { } allowed && !(Values(from) is { } values && values.IsSubsetOf(allowed)) && isRequest) Break(name, $"{where} takes fewer values.");
        if (isRequest) Bounds(name, where, old, now);
        if (!JsonNode.DeepEquals(old["pattern"], now["pattern"]) || !JsonNode.DeepEquals(old["format"], now["format"])) Break(name, $"{where} has another form.");

        var (needed, needs) = (Set(old["required"]), Set(now["required"]));
        foreach (var member in isRequest ? needs.Except(needed) : needed.Except(needs)) Break(name, isRequest ? $"{where}/{member} is needed now." : $"{where}/{member} may be absent now.");
        foreach (var (member, schema) in old["properties"] as JsonObject ?? [])
            if (now["properties"]?[member] is not { } twin) Break(name, $"{where}/{member} is gone.");
            else Schemas(name, $"{where}/{member}", schema, twin, isRequest);
        Schemas(name, $"{where}/*", old["items"], now["items"], isRequest);
        Schemas(name, $"{where}/*", old["additionalProperties"] as JsonObject, now["additionalProperties"] as JsonObject, isRequest);
    }

    void Bounds(string name, string where, JsonNode old, JsonNode now)
    {
        foreach (var (bound, isUpper) in new[] { ("maximum", true), ("maxLength", true), ("maxItems", true), ("minimum", false), ("minLength", false), ("minItems", false) })
        {
            if (now[bound] is not { } limit) continue;
            var (was, @is) = ((decimal?)old[bound], (decimal)limit);
            if (was is null || (isUpper ? @is < was : @is > was)) Break(name, $"{where} has a tighter {bound}.");
        }
    }

    void Break(string operation, string what) => found.Add(new(operation, what));

    static JsonNode Resolve(JsonNode document, JsonNode node)
    {
        while (node["$ref"] is { } reference)
            node = ((string)reference!)[2..].Split('/').Aggregate(document, (at, step) => at[step]!);
        return node;
    }

    static JsonArray? Choices(JsonNode schema) => schema["anyOf"] as JsonArray;

    static HashSet<string> Types(JsonNode schema) => schema["type"] switch { JsonArray many => Set(many), JsonValue one => [(string)one!], _ => [] };

    static HashSet<string>? Values(JsonNode schema) => schema["enum"] is JsonArray values ? [.. values.Select(v => v!.ToJsonString())] : null;

    static HashSet<string> Set(JsonNode? array) => [.. (array as JsonArray ?? []).Select(v => (string)v!)];

    /// <summary>The ways to sign in; the empty name stands for none.</summary>
    static HashSet<string> Names(JsonNode? security) => [.. (security as JsonArray ?? []).Select(way => way!.AsObject().Select(w => w.Key).FirstOrDefault() ?? "")];
}
