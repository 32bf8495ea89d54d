namespace Souk.Ordering.Carts;

/// <summary>Every way carts say no. A code is API: add new ones, never rename one.</summary>
internal static class CartErrors
{
    public static readonly Error NotFound = Error.NotFound("cart_not_found",
        "There is no such cart, or it is not yours. A guest sends the cartToken of this cart as Souk-Cart-Token.");

    public static Error Ordered(Guid orderId) => Error.Conflict("cart_ordered",
        "This cart became an order and changes no more. Start a new cart with POST /v1/carts.", ("orderId", new OrderId(orderId)));

    public static readonly Error Full = Error.Conflict("cart_full",
        $"A cart has at most {StoredCart.LinesMax} lines. Take one out first.", ("linesMax", StoredCart.LinesMax));

    public static Error HoldTooLarge(int unitsMax) => Error.Conflict("hold_too_large",
        $"At most {unitsMax} units are held for a cart. Order it as it is, or take some out.", ("unitsMax", unitsMax));

    public static readonly Error HoldsFull = Error.Conflict("holds_full",
        $"You hold {HoldCart.HoldsMax} carts already. Order or release one first.", ("holdsMax", HoldCart.HoldsMax));

    public static readonly Error LineNotFound = Error.NotFound("cart_line_not_found",
        "The path names no variant. Take the variantId from the product or from the cart.");

    public static Error VariantUnavailable(IReadOnlyList<VariantId> variants) => new(422, "variant_unavailable",
        "Some variants are unknown or no longer sold. Leave them out.") { Details = [("variantIds", variants)] };
}
