using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Souk.Platform;

namespace Souk.Identity.Sessions;

/// <summary>A refresh token or cookie as it was read: whose session it names, and 256 bits that only its holder knows.</summary>
internal sealed record SessionToken(Guid AccountId, Guid SessionId, byte[] Secret)
{
    public byte[] Hash() => SHA256.HashData([.. AccountId.ToByteArray(bigEndian: true), .. SessionId.ToByteArray(bigEndian: true), .. Secret]);
}

/// <summary>
/// Makes and reads what holds a session: base64url of account (16 bytes), session (16), secret (32) and tag (16). The ids lead to the one row;
/// the tag shows that the token was once ours, so that a made-up one neither reads the database nor counts as a stolen one that is used again.
/// </summary>
internal sealed class SessionTokens(MasterKeys keys)
{
    const int IdBytes = 16, SecretBytes = 32, TagBytes = 16, PayloadBytes = 2 * IdBytes + SecretBytes;

    readonly byte[] tagKey = keys.Derive("identity.session-token-tags");
    readonly byte[] successorKey = keys.Derive("identity.refresh-tokens");

    public static SessionToken New(Guid accountId, Guid sessionId) => new(accountId, sessionId, RandomNumberGenerator.GetBytes(SecretBytes));

    /// <param name="mode"><c>token</c>, <c>cookie</c> or <c>challenge</c>: one does not pass for another.</param>
    public string Write(SessionToken token, string mode)
    {
        byte[] payload = [.. token.AccountId.ToByteArray(bigEndian: true), .. token.SessionId.ToByteArray(bigEndian: true), .. token.Secret];
        return Base64Url.EncodeToString([.. payload, .. Tag(payload, mode)]);
    }

    /// <summary>Null for what was never made here.</summary>
    public SessionToken? Read(string? text, string mode)
    {
        Span<byte> bytes = stackalloc byte[PayloadBytes + TagBytes];
        if (text is null || text.Length != Base64Url.GetEncodedLength(bytes.Length) || !Base64Url.IsValid(text)
            || !Base64Url.TryDecodeFromChars(text, bytes, out var written) || written != bytes.Length) return null;
        var payload = bytes[..PayloadBytes];
        return CryptographicOperations.FixedTimeEquals(bytes[PayloadBytes..], Tag(payload, mode))
            ? new(new Guid(payload[..IdBytes], bigEndian: true), new Guid(payload[IdBytes..(2 * IdBytes)], bigEndian: true), payload[(2 * IdBytes)..].ToArray())
            : null;
    }

    /// <summary>
    /// The token that follows this one. With a retry key it is always the same one, so that a lost answer can be given again although no token is
    /// stored; without, it is random.
    /// </summary>
    public SessionToken Successor(SessionToken spent, string? retryKey) => spent with
    {
        Secret = Hmac(successorKey, [.. spent.Hash(), .. spent.Secret, .. retryKey is null ? RandomNumberGenerator.GetBytes(SecretBytes) : Encoding.UTF8.GetBytes(retryKey)]),
    };

    byte[] Tag(ReadOnlySpan<byte> payload, string mode) => Hmac(tagKey, [.. Encoding.ASCII.GetBytes(mode), 0, .. payload])[..TagBytes];

    static byte[] Hmac(byte[] key, byte[] data) => HMACSHA256.HashData(key, data);
}
