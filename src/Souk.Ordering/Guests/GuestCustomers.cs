using System.Security.Cryptography;
using System.Text;
using Souk.Platform;

namespace Souk.Ordering.Guests;

/// <summary>The customer id of a guest who orders without a cart: derived from the idempotency key by a keyed hash, so that a repetition finds the same guest (ADR 0005).</summary>
internal sealed class GuestCustomers(MasterKeys keys)
{
    readonly byte[] secret = keys.Derive("guest-customers");

    public Guid OfKey(string idempotencyKey)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes(idempotencyKey), hash);
        // Version 8, variant 2 (RFC 9562): an id of the shop's own making, which no account's version 7 can equal.
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new(hash[..16], bigEndian: true);
    }
}
