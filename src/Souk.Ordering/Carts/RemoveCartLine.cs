using Microsoft.AspNetCore.Mvc;
using Souk.Ordering.Guests;

namespace Souk.Ordering.Carts;

/// <summary>
/// <c>DELETE /v1/carts/{id}/lines/{variantId}</c>: takes a variant out and answers the cart. Idempotent: a variant that is not in the cart changes
/// nothing.
/// </summary>
/// <remarks>
/// Refusals, in this order: 412 for an If-Match that is no version, 404 for a path that names no variant, 404 <c>cart_not_found</c>, 409
/// <c>cart_ordered</c>, 412 <c>version_mismatch</c>.
/// </remarks>
internal static class RemoveCartLine
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapDelete("/v1/carts/{id}/lines/{variantId}", Handle).ForEveryone().WithName(nameof(RemoveCartLine));

    static async Task<Results<Ok<Cart>, Error>> Handle(CartId id, VariantId variantId, [OptionalHeader] IfMatch match, Caller caller,
        [FromHeader(Name = GuestTokens.CartHeader)] string? cartToken,
        NpgsqlDataSource db, ShowCart show, GuestTokens tokens, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        if (match.Optional().Refused(out var precondition, out var version)) return precondition;
        if (variantId == VariantId.None) return CartErrors.LineNotFound;
        if (StoredCart.CustomerOf(caller, cartToken, id, tokens) is not { } customer) return CartErrors.NotFound;
        if ((await SaveAsync(db, customer, id, version, variantId, clock.GetUtcNow(), cancel)).Refused(out var error, out var cart)) return error;
        return await show.AnswerAsync(cart, http, cancel);
    }

    static async Task<Result<StoredCart>> SaveAsync(NpgsqlDataSource db, Guid customer, CartId id, int? version, VariantId variant, DateTimeOffset now,
        CancellationToken cancel)
    {
        await using var connection = await db.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if ((await CartStore.LockAsync(connection, customer, id, version, cancel)).Refused(out var error, out var cart)) return error;
        var rest = cart.Lines.Where(l => l.VariantId != variant).ToList();
        if (rest.Count == cart.Lines.Count) return cart;
        var after = cart with { Version = cart.Version + 1, Lines = rest };
        await connection.ExecuteAsync(Remove, [customer, id.Value, variant.Value, after.Version, now], cancel);
        await transaction.CommitAsync(cancel);
        return after;
    }

    const string Remove = """
        WITH cart AS (
            UPDATE ordering.carts SET version = $4, updated_at = greatest(updated_at, $5) WHERE customer_id = $1 AND id = $2
        )
        DELETE FROM ordering.cart_lines WHERE customer_id = $1 AND cart_id = $2 AND variant_id = $3
        """;
}
