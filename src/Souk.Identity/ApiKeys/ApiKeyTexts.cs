using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Souk.Platform;

namespace Souk.Identity.ApiKeys;

/// <summary>An API key as it was read: which one it is, and 256 bits that only its holder knows.</summary>
internal sealed record ApiKeySecret(ApiKeyId Id, byte[] Secret)
{
    public byte[] Hash() => SHA256.HashData([.. Id.Value.ToByteArray(bigEndian: true), .. Secret]);
}

/// <summary>
/// Makes and reads the text of API keys: <c>souk_</c> and the id (<c>key_…</c>), an underscore, 52 characters of secret and 12 of tag, all in Crockford's base32: no
/// two characters look alike, a double click takes it whole, and scanners for leaked secrets know it by <see cref="Prefix"/>.
/// </summary>
/// <remarks>The tag (60 bits of HMAC-SHA256 over what stands before it) shows that the text was once ours: a typo or a made-up key reads no database.</remarks>
internal sealed class ApiKeyTexts(MasterKeys keys)
{
    public const string Prefix = "souk_key_";

    const int IdLength = Base32.UuidLength, SecretBytes = 32, SecretLength = 2 * Base32.UuidLength, TagLength = 12;
    const int SecretAt = 9 + IdLength + 1, TagAt = SecretAt + SecretLength, Length = TagAt + TagLength;

    readonly byte[] tagKey = keys.Derive("identity.api-key-tags");

    /// <summary>Whether a bearer token means to be an API key.</summary>
    public static bool IsOne(string bearer) => bearer.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>What may be shown of a key.</summary>
    public static string PrefixOf(ApiKeyId id) => $"souk_{id}";

    public static ApiKeySecret New(ApiKeyId id) => new(id, RandomNumberGenerator.GetBytes(SecretBytes));

    public string Write(ApiKeySecret key)
    {
        var text = $"{PrefixOf(key.Id)}_{Half(key.Secret.AsSpan(0, 16))}{Half(key.Secret.AsSpan(16))}";
        return text + Tag(text);

        static string Half(ReadOnlySpan<byte> bytes) => Base32.Write(new Guid(bytes, bigEndian: true));
    }

    /// <summary>Null for what was never made here.</summary>
    public ApiKeySecret? Read(string text)
    {
        if (text.Length != Length || !IsOne(text) || text[SecretAt - 1] != '_' || !ApiKeyId.TryRead(text.AsSpan(5, SecretAt - 6), out var id)
            || !Base32.TryReadUuid(text.AsSpan(SecretAt, IdLength), out var first) || !Base32.TryReadUuid(text.AsSpan(SecretAt + IdLength, IdLength), out var second)) return null;
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(text[TagAt..]), Encoding.UTF8.GetBytes(Tag(text[..TagAt])))
            ? new(id, [.. first.ToByteArray(bigEndian: true), .. second.ToByteArray(bigEndian: true)]) : null;
    }

    string Tag(string text) => Base32.Write(BinaryPrimitives.ReadUInt64BigEndian(HMACSHA256.HashData(tagKey, Encoding.UTF8.GetBytes(text))), TagLength);
}
