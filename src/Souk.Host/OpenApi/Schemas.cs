using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Souk.Platform.Pagination;

namespace Souk.Host.OpenApi;

/// <summary>
/// JSON Schemas (2020-12) of the types that travel, by the serializer's own view of them, so that a name or a null is described as it is written. What can be
/// null is left out of an answer, hence not required there; of a request what <see cref="RequiredAttribute"/> marks is required.
/// </summary>
internal sealed class Schemas(Prose prose)
{
    readonly SortedDictionary<string, (Type Type, JsonObject Schema)> components = new(StringComparer.Ordinal);

    static readonly JsonSerializerOptions Options = new(Json.Options) { TypeInfoResolver = new DefaultJsonTypeInfoResolver() };

    /// <summary>Names that say nothing without the operation they belong to.</summary>
    static readonly string[] Generic = ["Request", "Line", "Item", "Made", "Change"];

    /// <summary>What the code calls a type that shows another; callers see only the one.</summary>
    static readonly string[] Suffixes = ["Answer"];

    public JsonObject Components => new(components.Select(c => KeyValuePair.Create<string, JsonNode?>(c.Key, c.Value.Schema.DeepClone())));

    /// <summary>The schema of a value of this type: written out when it is simple, else a reference to a component.</summary>
    /// <param name="isRequest">Whether the type is read rather than written: decides what is required and whether other members are refused.</param>
    public JsonObject Of(Type type, bool isRequest = false)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (Simple(type) is { } simple) return simple;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Id<>))
            return Reference(type, $"{type.GetGenericArguments()[0].Name[..^"Kind".Length]}Id", IdOf);
        if (type.IsEnum) return Reference(type, type.Name, _ => new() { ["type"] = "string", ["enum"] = Names(type) });
        var info = Options.GetTypeInfo(type);
        return info.Kind switch
        {
            JsonTypeInfoKind.Enumerable => new() { ["type"] = "array", ["items"] = Of(info.ElementType!, isRequest) },
            JsonTypeInfoKind.Dictionary => new() { ["type"] = "object", ["additionalProperties"] = Of(info.ElementType!, isRequest) },
            JsonTypeInfoKind.Object => Reference(type, NameOf(type), _ => ObjectOf(info, isRequest)),
            _ => throw new InvalidOperationException($"No schema is known for {type}: teach it here."),
        };
    }

    static JsonObject? Simple(Type type) =>
        type == typeof(string) ? new() { ["type"] = "string" }
        : type == typeof(bool) ? new() { ["type"] = "boolean" }
        : type == typeof(int) ? new() { ["type"] = "integer", ["format"] = "int32" }
        : type == typeof(long) ? new() { ["type"] = "integer", ["format"] = "int64" }
        : type == typeof(decimal) || type == typeof(double) ? new() { ["type"] = "number" }
        : type == typeof(DateTimeOffset) ? new() { ["type"] = "string", ["format"] = "date-time" }
        : type == typeof(JsonElement) ? new() { ["description"] = "Any JSON." }
        : type == typeof(Guid) ? new() { ["type"] = "string", ["format"] = "uuid" }
        : null;

    static JsonObject IdOf(Type type)
    {
        var prefix = (string)type.GetGenericArguments()[0].GetProperty(nameof(IIdKind.Prefix), BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;
        return new() { ["type"] = "string", ["pattern"] = $"^{prefix}_[0-7][0-9a-hjkmnp-tv-z]{{{Base32.UuidLength - 1}}}$", ["description"] = "Opaque: no client makes one or takes it apart." };
    }

    static JsonArray Names(Type type) => [.. Enum.GetNames(type).Select(name => (JsonNode)JsonNamingPolicy.SnakeCaseLower.ConvertName(name))];

    JsonObject Reference(Type type, string name, Func<Type, JsonObject> make)
    {
        if (components.TryGetValue(name, out var known))
        {
            if (known.Type != type) throw new InvalidOperationException($"{known.Type} and {type} would both be called {name}: rename one.");
        }
        else
        {
            components[name] = (type, []);   // a type may hold itself
            var schema = make(type);
            if (!schema.ContainsKey("description") && prose.Of(type) is { } said) schema["description"] = said.Summary;
            components[name] = (type, schema);
        }
        return new() { ["$ref"] = $"#/components/schemas/{name}" };
    }

    JsonObject ObjectOf(JsonTypeInfo info, bool isRequest)
    {
        JsonObject properties = [];
        JsonArray required = [];
        foreach (var property in info.Properties)
        {
            var member = (PropertyInfo)property.AttributeProvider!;
            var attributes = Attributes(property, member);
            var holds = attributes.OfType<HoldsAttribute>().FirstOrDefault()?.Type;
            var schema = Of(holds ?? property.PropertyType, isRequest);
            Constrain(schema, attributes);
            if (info.Type.GetCustomAttribute<MergePatchAttribute>() is not null) schema = Clearable(schema);
            if (prose.Of(member) is { } said) schema["description"] = said;
            properties[property.Name] = schema;
            var isRequired = attributes.OfType<RequiredAttribute>().Any() || (!isRequest && !property.IsGetNullable) || (isRequest && !MayBeAbsent(property));
            if (isRequired) required.Add((JsonNode)property.Name);
        }
        JsonObject all = new() { ["type"] = "object", ["properties"] = properties };
        if (required.Count > 0) all["required"] = required;
        if (isRequest) all["additionalProperties"] = false;
        return all;
    }

    /// <summary>A value type that is not nullable has no way to be absent from a request: it would be read as zero.</summary>
    static bool MayBeAbsent(JsonPropertyInfo property) =>
        !property.PropertyType.IsValueType || property.PropertyType == typeof(JsonElement) || Nullable.GetUnderlyingType(property.PropertyType) is not null;

    static List<object> Attributes(JsonPropertyInfo property, PropertyInfo member) =>
        [.. member.GetCustomAttributes(inherit: true), .. property.AssociatedParameter?.AttributeProvider?.GetCustomAttributes(inherit: true) ?? []];

    static void Constrain(JsonObject schema, IEnumerable<object> attributes)
    {
        foreach (var attribute in attributes)
            switch (attribute)
            {
                case AllowedValuesAttribute allowed: schema["enum"] = new JsonArray([.. allowed.Values.Select(v => JsonValue.Create((string)v!))]); break;
                case RangeAttribute range: (schema["minimum"], schema["maximum"]) = (Convert.ToInt64(range.Minimum, null), Convert.ToInt64(range.Maximum, null)); break;
                case LengthAttribute length: (schema[Key(schema, "min")], schema[Key(schema, "max")]) = (length.MinimumLength, length.MaximumLength); break;
            }

        static string Key(JsonObject schema, string bound) => bound + ((string?)schema["type"] == "array" ? "Items" : "Length");
    }

    static JsonObject Clearable(JsonObject schema)
    {
        if (schema["type"] is not JsonValue type) return new() { ["anyOf"] = new JsonArray(schema, new JsonObject { ["type"] = "null" }) };
        schema["type"] = new JsonArray(type.DeepClone(), "null");
        return schema;
    }

    /// <summary>The type's own name; with its operation's before it where it says nothing by itself.</summary>
    static string NameOf(Type type)
    {
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Page<>)) return $"{NameOf(type.GetGenericArguments()[0])}Page";
        var name = Suffixes.Aggregate(type.Name, (rest, suffix) => rest.EndsWith(suffix, StringComparison.Ordinal) ? rest[..^suffix.Length] : rest);
        return type.DeclaringType is { } declaring && Generic.Any(generic => name.StartsWith(generic, StringComparison.Ordinal)) ? declaring.Name + name : name;
    }
}
