using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Mvc;
using Souk.Ordering.Guests;

namespace Souk.Ordering.Carts;

/// <summary>
/// <c>PUT /v1/carts/{id}/lines/{variantId}</c>: puts so many units of a variant into the cart, however many were in it before. Sending it twice changes
/// nothing more, and rivals that change other lines lose nothing.
/// </summary>
/// <remarks>
/// Refusals, in this order: 412 for an If-Match that is no version, 422 for the quantity, 404 for a path that names no variant, 404
/// <c>cart_not_found</c>, 409 <c>cart_ordered</c>, 412 <c>version_mismatch</c>, 409 <c>cart_full</c>, 422 <c>variant_unavailable</c>, then whatever
/// pricing refuses of this line or of the sum. Stock is not looked at: checkout does.
/// </remarks>
internal static class SetCartLine
{
    public sealed record Request([Required, Range(0, StoredCart.LineQuantityMax)] int? Quantity);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPut("/v1/carts/{id}/lines/{variantId}", Handle).ForEveryone().WithName(nameof(SetCartLine));

    static async Task<Results<Ok<Cart>, Error>> Handle(CartId id, VariantId variantId, Request request, [OptionalHeader] IfMatch match, Caller caller,
        [FromHeader(Name = GuestTokens.CartHeader)] string? cartToken, CartStore carts, NpgsqlDataSource db, ShowCart show, GuestTokens tokens, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        if (match.Optional().Refused(out var precondition, out var version)) return precondition;
        if (RefuseQuantity(request.Quantity) is { } wrong) return Error.Invalid("/quantity", wrong);
        if (variantId == VariantId.None) return CartErrors.LineNotFound;
        if (StoredCart.CustomerOf(caller, cartToken, id, tokens) is not { } customer) return CartErrors.NotFound;
        var line = new StoredCart.Line(variantId, request.Quantity!.Value);

        // Catalogue and prices are asked with no lock held and no connection kept; the cart may change meanwhile, so it is refused by the same rules below.
        var seen = await carts.FindAsync(customer, id, cancel);
        if (StoredCart.Refuse(seen, version) is { } refusal) return refusal;
        if (With(seen!, line).Refused(out var full, out var wanted)) return full;
        var priced = await show.PriceAsync(wanted, cancel);
        if (priced.RefusalOf(variantId) is { } unavailable) return unavailable;

        var now = clock.GetUtcNow();
        // While the cart is still as it was seen.
        if (wanted.Version == seen!.Version || await carts.TrySaveAsync(seen, wanted, line, now)) return await show.AnswerAsync(priced, http, cancel);
        if ((await SaveAsync(db, customer, id, version, line, now, cancel)).Refused(out var error, out var cart)) return error;
        return cart.ShippingMethod == wanted.ShippingMethod && cart.Lines.SequenceEqual(wanted.Lines)
            ? await show.AnswerAsync(priced with { Cart = cart }, http, cancel)
            : await show.AnswerAsync(cart, http, cancel);
    }

    static async Task<Result<StoredCart>> SaveAsync(NpgsqlDataSource db, Guid customer, CartId id, int? version, StoredCart.Line line, DateTimeOffset now,
        CancellationToken cancel)
    {
        await using var connection = await db.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if ((await CartStore.LockAsync(connection, customer, id, version, cancel)).Refused(out var error, out var cart)) return error;
        if (With(cart, line).Refused(out var full, out var after)) return full;
        if (after.Version == cart.Version) return cart;
        await CartStore.SaveAsync(connection, cart, after, line, now);
        await transaction.CommitAsync(cancel);
        return after;
    }

    /// <summary>The cart with this line in it, one version on; the same cart when it has that line already; refused when it is full.</summary>
    internal static Result<StoredCart> With(StoredCart cart, StoredCart.Line line)
    {
        var before = cart.Lines.FirstOrDefault(l => l.VariantId == line.VariantId);
        if (before == line) return cart;
        if (before is null && cart.Lines.Count >= StoredCart.LinesMax) return CartErrors.Full;
        return cart with
        {
            Version = cart.Version + 1,
            Lines = before is null ? [.. cart.Lines, line] : [.. cart.Lines.Select(l => l == before ? line : l)],
        };
    }

    /// <summary>What is wrong with it, or null.</summary>
    internal static string? RefuseQuantity(int? quantity) => quantity switch
    {
        0 => "A line has at least one unit. DELETE the line to take it out.",
        null or < 0 or > StoredCart.LineQuantityMax => $"A quantity is 1 to {StoredCart.LineQuantityMax}.",
        _ => null,
    };
}
