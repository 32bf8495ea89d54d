using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Souk.Platform.Http;

namespace Souk.Platform.Cache;

/// <summary>An answer as it is sent: bytes, with all that its headers say. Never changed once made.</summary>
/// <param name="Topic">What it tells of: all documents of a topic go out of date together.</param>
/// <param name="Version">Grows with every change of what is shown; the same content never comes under two versions at once.</param>
/// <param name="Seen">The number of the latest change that was looked at when it was made.</param>
/// <param name="Language">Content-Language, or null for what is in none.</param>
/// <param name="Link">The Link header of a page, or null.</param>
public sealed record Document(string Topic, long Version, long Seen, byte[] Body, string Tag, string? Language, string? Link)
{
    const int HashBytes = 9;

    /// <summary>What a document costs besides its texts: objects, entries of tables.</summary>
    const int OverheadBytes = 512;

    /// <summary>
    /// Writes the content once, for all who read it. The strong ETag is <c>"version-hash"</c>: the hash covers content and language (the currency stands in
    /// the content), the version lets every node see whether a reader has been shown something newer than it has.
    /// </summary>
    public static Document Of<T>(T content, string topic, long version, long seen, string? language, string? link)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(content, Json.Options);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{language}\n{link}\n"));
        hash.AppendData(body);
        var digest = System.Buffers.Text.Base64Url.EncodeToString(hash.GetHashAndReset().AsSpan(0, HashBytes));
        return new(topic, version, seen, body, string.Create(CultureInfo.InvariantCulture, $"\"{version}-{digest}\""), language, link);
    }

    /// <summary>Memory it takes, close enough to hold a bound.</summary>
    public long Bytes => OverheadBytes + Body.Length + (2L * (Topic.Length + Tag.Length + (Language?.Length ?? 0) + (Link?.Length ?? 0)));

    /// <summary>The latest version that the reader says to have, in If-None-Match; 0 for none.</summary>
    public static long SeenBy(HttpContext http)
    {
        var latest = 0L;
        foreach (var tag in ETag.Held(http))
            if (tag.Length > 2 && tag.IndexOf('-', StringComparison.Ordinal) is > 1 and var end
                && long.TryParse(tag.AsSpan(1, end - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var version))
                latest = Math.Max(latest, version);
        return latest;
    }
}
