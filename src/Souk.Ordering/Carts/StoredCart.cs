using System.Text.Json;
using Souk.Ordering.Guests;
using Souk.Ordering.Inventory;

namespace Souk.Ordering.Carts;

/// <summary>A cart as it lies in the database: version and lines are of one instant, personal data is still encrypted.</summary>
/// <param name="CustomerId">The account or guest that it belongs to, whose key its personal data is under.</param>
/// <param name="OrderedAs">The order that this cart became; then it changes no more.</param>
/// <param name="Version">Counts every change of the cart and of its lines.</param>
/// <param name="Lines">In the order they came, each variant once.</param>
/// <param name="Held">What is reserved for it; null when nothing is.</param>
internal sealed record StoredCart(Guid CustomerId, CartId Id, string Currency, byte[]? Email, byte[]? ShippingAddress, byte[]? BillingAddress,
    string? ShippingMethod, Guid? OrderedAs, int Version, IReadOnlyList<StoredCart.Line> Lines,
    StoredCart.CartHold? Held = null)
{
    /// <summary>Lines a cart may have, and units a line may have: the table repeats the second.</summary>
    public const int LinesMax = 100, LineQuantityMax = 999;

    /// <summary>Columns of personal data, as they are bound to their ciphertext; never renamed.</summary>
    public const string EmailColumn = "ordering.carts.email", ShippingAddressColumn = "ordering.carts.shipping_address",
        BillingAddressColumn = "ordering.carts.billing_address";

    public sealed record Line(VariantId VariantId, int Quantity);

    /// <param name="Units">Kits as their components, as they were when it was held; the lines may have changed since.</param>
    internal sealed record CartHold(IReadOnlyList<StockUnits> Units, DateTimeOffset Until, short Slot);

    /// <summary>
    /// Whose cart the caller may use: the account's own when signed in, else that of the guest whose token names this very cart. Null is answered
    /// with 404 <c>cart_not_found</c>, and so is a cart that this customer does not have.
    /// </summary>
    public static Guid? CustomerOf(Caller caller, string? cartToken, CartId id, GuestTokens tokens) => caller.AccountId
        ?? (tokens.TryRead(GuestTokens.Cart, cartToken, out var guest, out var cart) && cart == id.Value ? guest : null);

    public static StoredCart Read(NpgsqlDataReader row) => new(row.GetGuid(0), new(row.GetGuid(1)), row.GetString(2), Bytes(row, 3), Bytes(row, 4), Bytes(row, 5),
        row.NullableString(6), row.Nullable<Guid>(7), row.GetInt32(8),
        [.. row.GetFieldValue<Guid[]>(9).Zip(row.GetFieldValue<int[]>(10), static (variant, quantity) => new Line(new(variant), quantity))],
        row.IsDBNull(11) ? null : new CartHold(JsonSerializer.Deserialize<IReadOnlyList<StockUnits>>(row.GetFieldValue<byte[]>(11), Json.Stored)!,
            row.GetFieldValue<DateTimeOffset>(12), row.GetInt16(13)));

    /// <summary>Why the cart cannot be changed, in this order: 404 absent, 409 it became an order, 412 it is not at the version of If-Match.</summary>
    public static Error? Refuse(StoredCart? cart, int? version) => cart switch
    {
        null => CartErrors.NotFound,
        { OrderedAs: { } order } => CartErrors.Ordered(order),
        _ when version is { } expected && expected != cart.Version => ETag.VersionMismatch,
        _ => null,
    };

    static byte[]? Bytes(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetFieldValue<byte[]>(column);
}
