using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using Souk.Platform;

namespace Souk.Identity.Guessing;

/// <summary>A device on which this account was signed in to.</summary>
internal sealed record DeviceToken(Guid AccountId, Guid DeviceId);

/// <summary>
/// Makes and reads what says that a device is known to an account: base64url of account (16 bytes), device (16), the second it was made (8) and tag (16). It opens
/// nothing; whoever shows it is only not held up by what strangers do. Nothing of it is stored, so it cannot be revoked: it ends by itself.
/// </summary>
internal sealed class DeviceTokens(MasterKeys keys, TimeProvider clock)
{
    public const string Header = "Souk-Device-Token";

    /// <summary>The prefix makes browsers insist on Secure, Path=/ and no Domain (RFC 6265bis).</summary>
    public const string Cookie = "__Host-souk-device";

    /// <summary>Every sign-in begins them anew.</summary>
    public const int DaysMax = 180;

    const int IdBytes = 16, TagBytes = 16, PayloadBytes = 2 * IdBytes + sizeof(long);

    readonly byte[] tagKey = keys.Derive("identity.device-tokens");

    /// <summary>As the client sent it, in the header or as a cookie, if it did.</summary>
    public static string? Of(string? header, HttpRequest request) => header ?? request.Cookies[Cookie];

    /// <summary>What this device shows from now on: it keeps its name if the account knows it, else it gets one.</summary>
    public string Renew(string? sent, Guid accountId) =>
        Write(Read(sent) is { } known && known.AccountId == accountId ? known : new(accountId, Guid.NewGuid()));

    public string Write(DeviceToken token)
    {
        var payload = new byte[PayloadBytes];
        token.AccountId.TryWriteBytes(payload, bigEndian: true, out _);
        token.DeviceId.TryWriteBytes(payload.AsSpan(IdBytes), bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(payload.AsSpan(2 * IdBytes), clock.GetUtcNow().ToUnixTimeSeconds());
        return Base64Url.EncodeToString([.. payload, .. Tag(payload)]);
    }

    /// <summary>Null for what was never made here, and for what has ended.</summary>
    public DeviceToken? Read(string? text)
    {
        Span<byte> bytes = stackalloc byte[PayloadBytes + TagBytes];
        if (text is null || text.Length != Base64Url.GetEncodedLength(bytes.Length) || !Base64Url.IsValid(text)
            || !Base64Url.TryDecodeFromChars(text, bytes, out var written) || written != bytes.Length) return null;
        var payload = bytes[..PayloadBytes];
        if (!CryptographicOperations.FixedTimeEquals(bytes[PayloadBytes..], Tag(payload))) return null;
        var madeAt = DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadInt64BigEndian(payload[(2 * IdBytes)..]));
        return clock.GetUtcNow() < madeAt.AddDays(DaysMax)
            ? new(new Guid(payload[..IdBytes], bigEndian: true), new Guid(payload[IdBytes..(2 * IdBytes)], bigEndian: true)) : null;
    }

    public static void Set(HttpContext http, string token) => http.Response.Cookies.Append(Cookie, token, new()
    {
        HttpOnly = true, Secure = true, SameSite = SameSiteMode.Lax, Path = "/", MaxAge = TimeSpan.FromDays(DaysMax), IsEssential = true,
    });

    byte[] Tag(ReadOnlySpan<byte> payload) => HMACSHA256.HashData(tagKey, payload)[..TagBytes];
}
