using Microsoft.AspNetCore.Mvc;
using Souk.Contracts;
using Souk.Ordering.Addresses;
using Souk.Ordering.Guests;
using Souk.Platform;

namespace Souk.Ordering.Carts;

/// <summary>
/// <c>PATCH /v1/carts/{id}</c>: a merge patch (RFC 7396) on e-mail, addresses and shipping method; null clears, absent keeps. An address is replaced
/// whole, so that half of an old one never completes a new one.
/// </summary>
/// <remarks>
/// Refusals, in this order: 412 for an If-Match that is no version, 422 for members, 404 <c>cart_not_found</c>, 409 <c>cart_ordered</c>, 412
/// <c>version_mismatch</c>, 422 <c>shipping_method_unknown</c> in the cart's currency.
/// </remarks>
internal static class ChangeCart
{
    /// <summary>Whether a member came is noted by its setter, which the reader of JSON calls for a null too, and not for an absent one.</summary>
    [MergePatch]
    public sealed record Request
    {
        public string? Email { get; init { (field, IsEmailGiven) = (value, true); } }
        public Address? ShippingAddress { get; init { (field, IsShippingAddressGiven) = (value, true); } }
        public Address? BillingAddress { get; init { (field, IsBillingAddressGiven) = (value, true); } }

        /// <summary>A code of <c>GET /v1/shipping-methods</c>.</summary>
        public string? ShippingMethod { get; init { (field, IsShippingMethodGiven) = (value, true); } }

        internal bool IsEmailGiven { get; private init; }
        internal bool IsShippingAddressGiven { get; private init; }
        internal bool IsBillingAddressGiven { get; private init; }
        internal bool IsShippingMethodGiven { get; private init; }
        internal bool IsEmpty => !(IsEmailGiven || IsShippingAddressGiven || IsBillingAddressGiven || IsShippingMethodGiven);
    }

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPatch("/v1/carts/{id}", Handle).ForEveryone().WithName(nameof(ChangeCart));

    static async Task<Results<Ok<Cart>, Error>> Handle(CartId id, Request request, [OptionalHeader] IfMatch match, Caller caller,
        [FromHeader(Name = GuestTokens.CartHeader)] string? cartToken,
        CartStore carts, NpgsqlDataSource db, ShowCart show, IPricing pricing, PersonalData people, GuestTokens tokens, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        if (match.Optional().Refused(out var precondition, out var version)) return precondition;
        if (Refuse(request) is { } invalid) return invalid;
        if (StoredCart.CustomerOf(caller, cartToken, id, tokens) is not { } customer) return CartErrors.NotFound;

        // Before a data key is made for the customer, and with no lock held while others are asked.
        var seen = await carts.FindAsync(customer, id, cancel);
        if (StoredCart.Refuse(seen, version) is { } refusal) return refusal;
        if (request.IsEmpty) return await show.AnswerAsync(seen!, http, cancel);
        if (request.ShippingMethod is not null
            && (await pricing.QuoteAsync(new(seen!.Currency, [], request.ShippingMethod), cancel)).Refused(out var unknown, out _)) return unknown;

        (byte[]? Email, byte[]? ShippingAddress, byte[]? BillingAddress) data;
        try
        {
            data = await ShowCart.ProtectAsync(people, customer, request.Email?.Trim(), request.ShippingAddress, request.BillingAddress, cancel);
        }
        catch (PersonErasedException)
        {
            return CartErrors.NotFound;
        }

        var (now, wanted) = (clock.GetUtcNow(), With(seen!, request, data));
        // While the cart is still as it was seen.
        if (await carts.TrySaveAsync(seen!, wanted, line: null, now)) return await show.AnswerAsync(wanted, http, cancel);
        if ((await SaveAsync(db, customer, id, version, request, data, now, cancel)).Refused(out var error, out var cart)) return error;
        return await show.AnswerAsync(cart, http, cancel);
    }

    static async Task<Result<StoredCart>> SaveAsync(NpgsqlDataSource db, Guid customer, CartId id, int? version, Request request,
        (byte[]? Email, byte[]? ShippingAddress, byte[]? BillingAddress) data, DateTimeOffset now, CancellationToken cancel)
    {
        await using var connection = await db.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if ((await CartStore.LockAsync(connection, customer, id, version, cancel)).Refused(out var error, out var cart)) return error;
        var after = With(cart, request, data);
        await CartStore.SaveAsync(connection, cart, after, line: null, now);
        await transaction.CommitAsync(cancel);
        return after;
    }

    static StoredCart With(StoredCart cart, Request request, (byte[]? Email, byte[]? ShippingAddress, byte[]? BillingAddress) data) => cart with
    {
        Version = cart.Version + 1,
        Email = request.IsEmailGiven ? data.Email : cart.Email,
        ShippingAddress = request.IsShippingAddressGiven ? data.ShippingAddress : cart.ShippingAddress,
        BillingAddress = request.IsBillingAddressGiven ? data.BillingAddress : cart.BillingAddress,
        ShippingMethod = request.IsShippingMethodGiven ? request.ShippingMethod : cart.ShippingMethod,
    };

    /// <summary>Everything that is wrong with the members, at once.</summary>
    internal static Error? Refuse(Request request) => Error.Invalid(
        [.. request.Email is { } email && ContactEmail.Refuse(email) is { } wrong ? [("/email", wrong)] : Array.Empty<(string, string)>(),
         .. Address.Wrong(request.ShippingAddress, "/shippingAddress"),
         .. Address.Wrong(request.BillingAddress, "/billingAddress")]);
}
