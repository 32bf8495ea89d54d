namespace Souk.Catalog.Media;

/// <summary>The address of a photo: the SHA-256 of its bytes in lower-case hexadecimal and the ending of its type.</summary>
internal static class MediaName
{
    const int HexLength = 64;

    static readonly (string ContentType, string Ending)[] Types =
        [("image/gif", ".gif"), ("image/png", ".png"), ("image/jpeg", ".jpg"), ("image/webp", ".webp")];

    public static string Url(byte[] sha256, string contentType) =>
        $"/v1/media/{Convert.ToHexStringLower(sha256)}{Types.First(t => t.ContentType == contentType).Ending}";

    /// <summary>Null for text that no photo is called.</summary>
    public static (byte[] Sha256, string ContentType)? Read(string name)
    {
        if (name.Length < HexLength || !name.AsSpan(0, HexLength).ToString().All(char.IsAsciiHexDigitLower)) return null;
        var type = Types.FirstOrDefault(t => name.AsSpan(HexLength).SequenceEqual(t.Ending)).ContentType;
        return type is null ? null : (Convert.FromHexString(name.AsSpan(0, HexLength)), type);
    }

    /// <summary>What the bytes are, by how every file of that type begins; null for anything else. The name of a file proves nothing.</summary>
    public static string? TypeOf(ReadOnlySpan<byte> content) => content switch
    {
        [(byte)'G', (byte)'I', (byte)'F', (byte)'8', (byte)'7' or (byte)'9', (byte)'a', ..] => "image/gif",
        [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => "image/png",
        [0xFF, 0xD8, 0xFF, ..] => "image/jpeg",
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => "image/webp",
        _ => null,
    };
}
