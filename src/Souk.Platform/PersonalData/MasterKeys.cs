using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Souk.Platform;

/// <summary>
/// The secrets above all others, in memory: key-encryption keys that wrap people's data keys, keys of the
/// blind indexes, and a root secret that other secrets are derived from.
/// </summary>
/// <remarks>
/// Configured as JSON, or kept in <c>master.keys</c> in the keys folder, made there on first use:
/// <code>
///   { "rootSecret": "32 bytes in base64",
///     "keyEncryptionKeys": { "1": "32 bytes in base64" },
///     "blindIndexKeys":    { "1": "32 bytes in base64" } }
/// </code>
/// A key change adds a version (1..255): the highest is used from then on, and the older ones stay for what was made
/// under them. Give every process the new text and restart it before data made under the new version reaches it.
/// Whoever loses these keys loses every personal value; whoever has them and a copy of people.keys can read all.
/// </remarks>
public sealed class MasterKeys
{
    internal const string FileName = "master.keys";
    internal const int KeyBytes = 32;
    const byte WrapFormat = 1;
    const int NonceBytes = 12, TagBytes = 16, WrapHeaderBytes = 2;
    internal const int WrappedBytes = WrapHeaderBytes + NonceBytes + TagBytes + KeyBytes;
    static ReadOnlySpan<byte> WrapContext => "souk/data-key/"u8;

    readonly byte[] rootSecret;
    readonly (byte Version, byte[] Key)[] keyEncryptionKeys;

    /// <summary>Newest first.</summary>
    internal (byte Version, byte[] Key)[] BlindIndexKeys { get; }

    MasterKeys(Text text, string source)
    {
        rootSecret = Key(text.RootSecret, "rootSecret", source);
        keyEncryptionKeys = Versions(text.KeyEncryptionKeys, "keyEncryptionKeys", source);
        BlindIndexKeys = Versions(text.BlindIndexKeys, "blindIndexKeys", source);
    }

    /// <summary>Reads the JSON of the remarks.</summary>
    /// <param name="json">The configured text.</param>
    /// <param name="source">What a refusal calls the text: a setting or a file.</param>
    /// <exception cref="KeysRefusedException">The text is not as described; no part of a key is repeated.</exception>
    public static MasterKeys Parse(string json, string source)
    {
        try
        {
            return new MasterKeys(JsonSerializer.Deserialize<Text>(json, Json) ?? new Text(null, null, null), source);
        }
        catch (JsonException)
        {
            // The exception quotes the text around the mistake, which is a key.
            throw new KeysRefusedException($"{source} is not the JSON that holds the master keys.");
        }
    }

    /// <summary>
    /// Reads <c>master.keys</c>; makes it when neither it nor any person's key exists yet. Processes that start
    /// together end up with the same file.
    /// </summary>
    /// <exception cref="KeysRefusedException">It is missing beside people's keys, malformed, or open to other users.</exception>
    public static MasterKeys LoadOrCreate(string keysFolder)
    {
        var folder = Path.GetFullPath(keysFolder);
        var path = Path.Combine(folder, FileName);
        KeysFolder.Prepare(folder);
        if (!File.Exists(path))
        {
            KeysFolder.RefuseIfLocksDoNothing(folder);
            using var folderLock = KeysFolder.Lock(folder);
            if (!File.Exists(path)) Create(folder, path);
        }
        KeysFolder.RefuseIfOpenToOthers(path);
        return Parse(File.ReadAllText(path), path);
    }

    /// <summary>
    /// 32 bytes for one purpose, the same for ever and for every process: for cursors, tokens and the like.
    /// HKDF-SHA256 (RFC 5869) of the root secret; no purpose's secret says anything about another's.
    /// </summary>
    public byte[] Derive(string purpose)
    {
        ArgumentException.ThrowIfNullOrEmpty(purpose);
        return HKDF.DeriveKey(HashAlgorithmName.SHA256, rootSecret, KeyBytes, info: Encoding.UTF8.GetBytes("souk/" + purpose));
    }

    /// <summary>Format 1: format, version of the key-encryption key, nonce, tag, encrypted key. Bound to the person.</summary>
    internal byte[] Wrap(Guid personId, ReadOnlySpan<byte> dataKey)
    {
        var (version, key) = keyEncryptionKeys[0];
        var wrapped = new byte[WrappedBytes];
        (wrapped[0], wrapped[1]) = (WrapFormat, version);
        var nonce = wrapped.AsSpan(WrapHeaderBytes, NonceBytes);
        var tag = wrapped.AsSpan(WrapHeaderBytes + NonceBytes, TagBytes);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(key, TagBytes);
        aes.Encrypt(nonce, dataKey, wrapped.AsSpan(WrappedBytes - KeyBytes), tag, Bound(personId, wrapped));
        return wrapped;
    }

    /// <exception cref="CryptographicException">Altered, another person's, or wrapped under keys that are not these.</exception>
    internal void Unwrap(Guid personId, ReadOnlySpan<byte> wrapped, Span<byte> dataKey)
    {
        if (wrapped.Length != WrappedBytes || wrapped[0] != WrapFormat)
            throw new CryptographicException($"The stored key of person {personId} has an unknown format.");
        var version = wrapped[1];
        var key = keyEncryptionKeys.FirstOrDefault(k => k.Version == version).Key ?? throw new CryptographicException(
            $"The key of person {personId} is wrapped under key-encryption key {version}, which this process does not have: restart it with the newest master keys.");
        try
        {
            using var aes = new AesGcm(key, TagBytes);
            aes.Decrypt(wrapped.Slice(WrapHeaderBytes, NonceBytes), wrapped[^KeyBytes..],
                wrapped.Slice(WrapHeaderBytes + NonceBytes, TagBytes), dataKey, Bound(personId, wrapped));
        }
        catch (AuthenticationTagMismatchException mismatch)
        {
            throw new CryptographicException(
                $"The key of person {personId} does not open: the key store and the master keys do not belong together, or one was altered.", mismatch);
        }
    }

    static byte[] Bound(Guid personId, ReadOnlySpan<byte> wrapped) =>
        [.. WrapContext, .. wrapped[..WrapHeaderBytes], .. personId.ToByteArray(bigEndian: true)];

    /// <summary>Written whole and flushed under another name first: a crash leaves all of it or none.</summary>
    static void Create(string folder, string path)
    {
        var people = new FileInfo(Path.Combine(folder, PeopleFile.Name));
        if (people.Exists && people.Length > PeopleFile.HeaderBytes)
            throw new KeysRefusedException(
                $"{path} is missing, but {people.FullName} holds keys that only it can open. Restore {FileName} from its backup; a new one would make all personal data unreadable.");

        var text = JsonSerializer.SerializeToUtf8Bytes(new Text(NewKey(), new() { ["1"] = NewKey() }, new() { ["1"] = NewKey() }), Json);
        var unfinished = path + ".new";
        using (var file = new FileStream(unfinished, KeysFolder.Open(FileMode.Create, FileShare.None)))
        {
            file.Write(text);
            file.Flush(flushToDisk: true);
        }
        File.Move(unfinished, path, overwrite: false);
        KeysFolder.FlushEntries(folder);
        CryptographicOperations.ZeroMemory(text);
    }

    static (byte, byte[])[] Versions(Dictionary<string, string>? keys, string name, string source)
    {
        if (keys is null or { Count: 0 }) throw new KeysRefusedException($"{source} has no {name}.");
        return [.. keys.Select(k => (Version(k.Key, name, source), Key(k.Value, $"{name} {k.Key}", source))).OrderByDescending(k => k.Item1)];
    }

    static byte Version(string version, string name, string source) =>
        byte.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number > 0 && !version.StartsWith('0')
            ? number
            : throw new KeysRefusedException($"A version in {name} of {source} is not a number of 1..255.");

    static byte[] Key(string? base64, string name, string source)
    {
        var key = new byte[KeyBytes + 1];
        return Convert.TryFromBase64String(base64 ?? "", key, out var length) && length == KeyBytes
            ? key[..KeyBytes]
            : throw new KeysRefusedException($"{name} of {source} is not {KeyBytes} bytes in base64.");
    }

    static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes));

    static readonly JsonSerializerOptions Json = new(JsonSerializerOptions.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    sealed record Text(string? RootSecret, Dictionary<string, string>? KeyEncryptionKeys, Dictionary<string, string>? BlindIndexKeys);
}
