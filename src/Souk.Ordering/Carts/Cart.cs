using Souk.Ordering.Addresses;

namespace Souk.Ordering.Carts;

/// <summary>A cart as its shopper sees it, with what it costs at this moment: a quote, not a promise.</summary>
/// <param name="Subtotal">Sums are of the lines that can be bought now. Absent, all five, while no amount can be told: <see cref="PricedCart"/>.</param>
/// <param name="ShippingMethodUnavailable">True when the shop no longer has the chosen method: shipping is zero until another is chosen, and checkout refuses. Else absent.</param>
/// <param name="Version">Counts every change; the ETag.</param>
/// <param name="OrderId">The order that this cart became; then it changes no more.</param>
/// <param name="HeldUntil">Until when units are held for it; absent when none are.</param>
/// <param name="CartToken">What a guest sends as <c>Souk-Cart-Token</c> to use the cart; told once, when the cart is made.</param>
internal sealed record Cart(CartId Id, IReadOnlyList<CartLine> Lines, Money? Subtotal, Money? Discounts, Money? Shipping, Money? Tax, Money? Total, string Currency,
    string? ShippingMethod, bool? ShippingMethodUnavailable, string? Email, Address? ShippingAddress, Address? BillingAddress, int Version, OrderId? OrderId,
    DateTimeOffset? HeldUntil = null, string? CartToken = null);

/// <param name="Sku">Absent, like the name, when the variant is no longer sold.</param>
/// <param name="UnitPrice">Absent, like the total, when the line cannot be bought now or no amount can be told.</param>
/// <param name="Unavailable">True when the variant is no longer sold or has no price in the cart's currency: it is not in the sums, and checkout refuses. Else absent.</param>
internal sealed record CartLine(VariantId VariantId, string? Sku, string? Name, int Quantity, Money? UnitPrice, Money? Total, bool? Unavailable);
