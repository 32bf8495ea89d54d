using System.Text.Json;

namespace Souk.Host.Commands;

/// <summary><c>souk.json</c> of the current folder: settings of the commands as plain members, those of modules as objects. Comments are welcome.</summary>
internal sealed class SettingsFile
{
    public const string Name = "souk.json";

    readonly Dictionary<string, string> members = [];

    /// <summary>Null when there is no file.</summary>
    public string? Path { get; private init; }

    public string? this[string member] => members.GetValueOrDefault(member);

    /// <summary>Reads the folder's file, if it has one. Refuses what it does not know: a misspelt setting must not be a silent default.</summary>
    public static SettingsFile Read(string folder, IReadOnlyCollection<string> known)
    {
        var path = System.IO.Path.Combine(folder, Name);
        if (!File.Exists(path)) return new();
        var file = new SettingsFile { Path = path };
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path), new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            if (json.RootElement.ValueKind != JsonValueKind.Object) throw new ShopSettingsException($"{path} is no JSON object. Write {{ \"port\": 8080 }}.");
            foreach (var member in json.RootElement.EnumerateObject().Where(m => m.Value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Null)))
                file.members[known.Contains(member.Name) ? member.Name
                    : throw new ShopSettingsException($"{path} has '{member.Name}', which is no setting. Settings: {string.Join(", ", known.Order())}.")] = TextOf(member.Value);
        }
        catch (JsonException broken)
        {
            throw new ShopSettingsException($"{path} cannot be read as JSON near line {broken.LineNumber + 1}. Mend it, or move it away.");
        }
        return file;
    }

    static string TextOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => string.Join(',', value.EnumerateArray().Select(TextOf)),
        JsonValueKind.String => value.GetString()!,
        _ => value.GetRawText(),
    };
}
