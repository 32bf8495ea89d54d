using System.Security.Cryptography;
using Souk.Ordering.Guests;
using Souk.Platform;

namespace Souk.Ordering.Carts;

/// <summary>
/// Copies a guest's cart to the account that the guest signs in to: lines, shipping method, e-mail and addresses, the latter encrypted anew under the
/// account's key. The guest's cart stays as it is, but what it holds is free again.
/// </summary>
/// <remarks>
/// The id of the copy follows from cart and account, so that signing in again with the same token, at the same time even, finds the first copy,
/// whatever has become of its lines; it is not filled up again. Null when the token names no cart with lines, when that cart or its copy has become an
/// order (the shopper has bought it), and when the account was erased.
/// </remarks>
internal static class CopyGuestCart
{
    public static async Task<CartId?> RunAsync(string? cartToken, Guid accountId, CartStore carts, NpgsqlDataSource db, PersonalData people, GuestTokens tokens, OrderingOptions options,
        TimeProvider clock, CancellationToken cancel)
    {
        if (!tokens.TryRead(GuestTokens.Cart, cartToken, out var guest, out var guestCart)) return null;
        if (await carts.FindAsync(guest, new(guestCart), cancel) is not { OrderedAs: null, Lines.Count: > 0 } cart) return null;

        var (email, shippingAddress, billingAddress) = await ShowCart.RevealAsync(people, cart, cancel);
        StoredCart copy;
        try
        {
            var data = await ShowCart.ProtectAsync(people, accountId, email, shippingAddress, billingAddress, cancel);
            copy = cart with
            {
                CustomerId = accountId, Id = IdOf(guestCart, accountId), Version = 1,
                Email = data.Email, ShippingAddress = data.ShippingAddress, BillingAddress = data.BillingAddress, Held = null,
            };
        }
        catch (PersonErasedException)
        {
            return null;
        }
        if (await carts.AddAsync(copy, clock.GetUtcNow()))
        {
            // What was held for the guest would stand in the way of the same shopper's own order.
            if (cart.Held is not null) await ReleaseHold.RunAsync(db, guest, cart.Id, options, clock.GetUtcNow(), cancel);
            return copy.Id;
        }
        return await carts.FindAsync(accountId, copy.Id, cancel) is { OrderedAs: null } first ? first.Id : null;
    }

    /// <summary>A UUIDv7 (RFC 9562) with the time of the guest's cart, so that it is listed by age; the bits that are random in others are a hash of both ids.</summary>
    internal static CartId IdOf(Guid guestCart, Guid accountId)
    {
        const int timeBytes = 6;
        Span<byte> ids = stackalloc byte[32], hash = stackalloc byte[SHA256.HashSizeInBytes];
        guestCart.TryWriteBytes(ids, bigEndian: true, out _);
        accountId.TryWriteBytes(ids[16..], bigEndian: true, out _);
        SHA256.HashData(ids, hash);

        var id = ids[..16];
        hash[timeBytes..16].CopyTo(id[timeBytes..]);
        id[6] = (byte)(0x70 | (id[6] & 0x0F));
        id[8] = (byte)(0x80 | (id[8] & 0x3F));
        return new(new Guid(id, bigEndian: true));
    }
}
