using System.Text.Json;
using System.Text.Json.Serialization;

namespace Souk.Platform.Http;

/// <summary>The one way JSON is read and written: camelCase, strict, enums as snake_case, time with milliseconds.</summary>
public static class Json
{
    /// <summary>Levels a document may nest; deeper is refused as malformed.</summary>
    public const int DepthMax = 16;

    public static readonly JsonSerializerOptions Options = Configure(new());

    /// <summary>What the shop itself has written: a newer build of it, on another node, may know more members. They are passed over.</summary>
    public static readonly JsonSerializerOptions Stored = new(Options) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip };

    /// <summary>Unknown and duplicate members, comments, trailing commas, numbers in quotes: all refused, so a typo never passes silently.</summary>
    public static JsonSerializerOptions Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.DictionaryKeyPolicy = null;
        options.PropertyNameCaseInsensitive = false;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.AllowDuplicateProperties = false;
        options.RespectNullableAnnotations = true;
        options.RespectRequiredConstructorParameters = false;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.MaxDepth = DepthMax;
        options.Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false));
        options.Converters.Add(new UtcMillisecondsConverter());
        return options;
    }

    /// <summary>RFC 3339 in UTC with milliseconds: 2026-11-01T09:30:00.000Z.</summary>
    sealed class UtcMillisecondsConverter : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TryGetDateTimeOffset(out var value) ? value : throw new JsonException("Expected a time in RFC 3339, such as 2026-11-01T09:30:00.000Z.");

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture));
    }
}
