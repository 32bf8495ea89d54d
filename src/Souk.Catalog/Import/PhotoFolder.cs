using System.Security.Cryptography;
using Souk.Catalog.Media;

namespace Souk.Catalog.Import;

/// <summary>The photos beside a catalogue file. Each is read and stored once a run, one at a time; the hashes are remembered, the bytes are not.</summary>
internal sealed class PhotoFolder(string folder, Refusals refusals)
{
    public const int PhotoBytesMax = 5_242_880;

    readonly Dictionary<string, byte[]?> hashes = new(StringComparer.Ordinal);

    /// <summary>Photos stored or found stored since the start.</summary>
    public ImportCount Count { get; private set; }

    /// <summary>
    /// Stores the photo, in a transaction of its own since nothing shows it yet; one that is refused is reported at its first use only.
    /// </summary>
    public async Task SaveAsync(NpgsqlConnection connection, int line, string name, DateTimeOffset now, CancellationToken cancel)
    {
        if (hashes.ContainsKey(name)) return;
        var (content, why) = await ReadAsync(name, cancel);
        if (content is null || MediaName.TypeOf(content) is not { } contentType)
        {
            refusals.Add(ProductCheck.File, line, name, content is null ? why : "The photo is no GIF, PNG, JPEG or WebP image.");
            hashes[name] = null;
            return;
        }
        var sha256 = SHA256.HashData(content);
        var isNew = await connection.ExecuteAsync(Save, [sha256, contentType, content, now], cancel) == 1;
        Count += ImportCount.Of(1, isNew ? 1 : 0);
        hashes[name] = sha256;
    }

    /// <summary>The SHA-256 of a photo that was stored; null when it was refused.</summary>
    public byte[]? HashOf(string name) => hashes[name];

    async Task<(byte[]? Content, string Why)> ReadAsync(string name, CancellationToken cancel)
    {
        // A name with a path would read files that are none of the catalogue's.
        if (name != Path.GetFileName(name) || name is "" or "." or ".." || name.Contains('\0')) return (null, "A photo is named by its file in the folder photos, without a path.");
        var file = new FileInfo(Path.Combine(folder, name));
        if (!file.Exists) return (null, "The photo is missing from the folder photos.");
        if (file.Length > PhotoBytesMax) return (null, $"The photo is larger than {PhotoBytesMax} bytes.");
        return (await File.ReadAllBytesAsync(file.FullName, cancel), "");
    }

    const string Save = """
        INSERT INTO catalog.media (sha256, content_type, content, created_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (sha256) DO NOTHING
        """;
}
