using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Souk.Platform;

namespace Souk.Ordering.Guests;

/// <summary>
/// What a guest holds in place of an account: a token that names one cart or one order and proves that the shop gave it out. It says which
/// customer the thing belongs to, so that a look-up reads by primary key; nothing is stored, and it serves as long as the thing exists.
/// </summary>
/// <remarks>
/// Base64url of customer id, resource id and the first 16 bytes of HMAC-SHA256 over purpose and both ids: 64 characters. The purpose is part of
/// what is signed, so a cart's token never opens an order.
/// </remarks>
internal sealed class GuestTokens(MasterKeys keys)
{
    public const string Cart = "cart", Order = "order";

    /// <summary>The request headers that the tokens travel in.</summary>
    public const string CartHeader = "Souk-Cart-Token", OrderHeader = "Souk-Order-Token";

    const int IdBytes = 16, MacBytes = 16, TokenBytes = 2 * IdBytes + MacBytes;

    /// <summary>48 bytes fill groups of three, so that every character counts: no second spelling of a token exists.</summary>
    const int TokenLength = TokenBytes / 3 * 4;

    readonly byte[] key = keys.Derive("guest-tokens");

    public string Make(string purpose, Guid customerId, Guid resourceId)
    {
        Span<byte> token = stackalloc byte[TokenBytes];
        customerId.TryWriteBytes(token, bigEndian: true, out _);
        resourceId.TryWriteBytes(token[IdBytes..], bigEndian: true, out _);
        Sign(purpose, token[..^MacBytes], token[^MacBytes..]);
        return Base64Url.EncodeToString(token);
    }

    /// <summary>True only for a token that <see cref="Make"/> made for this purpose; anything else is false, never an exception.</summary>
    public bool TryRead(string purpose, string? token, out Guid customerId, out Guid resourceId)
    {
        (customerId, resourceId) = (default, default);
        if (token is not { Length: TokenLength } || !Base64Url.IsValid(token)) return false;
        Span<byte> given = stackalloc byte[TokenBytes];
        // White space and padding are valid, and make it shorter than a token is.
        if (Base64Url.DecodeFromChars(token, given) != TokenBytes) return false;

        Span<byte> mac = stackalloc byte[MacBytes];
        Sign(purpose, given[..^MacBytes], mac);
        if (!CryptographicOperations.FixedTimeEquals(mac, given[^MacBytes..])) return false;
        customerId = new(given[..IdBytes], bigEndian: true);
        resourceId = new(given[IdBytes..^MacBytes], bigEndian: true);
        return true;
    }

    void Sign(string purpose, ReadOnlySpan<byte> ids, Span<byte> mac)
    {
        // The ids have a fixed length, so no purpose and ids can be taken for another pair.
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, [.. Encoding.UTF8.GetBytes(purpose), .. ids], hash);
        hash[..MacBytes].CopyTo(mac);
    }
}
