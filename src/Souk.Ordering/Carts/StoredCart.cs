using Souk.Ordering.Guests;

namespace Souk.Ordering.Carts;

/// <summary>A cart as it lies in the database: version and lines are of one instant, personal data is still encrypted.</summary>
/// <param name="CustomerId">The account or guest that it belongs to, whose key its personal data is under.</param>
/// <param name="OrderedAs">The order that this cart became; then it changes no more.</param>
/// <param name="Version">Counts every change of the cart and of its lines.</param>
/// <param name="Lines">In the order they came, each variant once.</param>
internal sealed record StoredCart(Guid CustomerId, CartId Id, string Currency, byte[]? Email, byte[]? ShippingAddress, byte[]? BillingAddress,
    string? ShippingMethod, Guid? OrderedAs, int Version, IReadOnlyList<StoredCart.Line> Lines)
{
    /// <summary>Lines a cart may have, and units a line may have: the table repeats the second.</summary>
    public const int LinesMax = 100, LineQuantityMax = 999;

    /// <summary>Columns of personal data, as they are bound to their ciphertext; never renamed.</summary>
    public const string EmailColumn = "ordering.carts.email", ShippingAddressColumn = "ordering.carts.shipping_address",
        BillingAddressColumn = "ordering.carts.billing_address";

    public sealed record Line(VariantId VariantId, int Quantity);

    /// <summary>
    /// Whose cart the caller may use: the account's own when signed in, else that of the guest whose token names this very cart. Null is answered
    /// with 404 <c>cart_not_found</c>, and so is a cart that this customer does not have.
    /// </summary>
    public static Guid? CustomerOf(Caller caller, string? cartToken, CartId id, GuestTokens tokens) => caller.AccountId
        ?? (tokens.TryRead(GuestTokens.Cart, cartToken, out var guest, out var cart) && cart == id.Value ? guest : null);

    /// <summary>One statement, so that no change falls between the cart and its lines.</summary>
    public static Task<StoredCart?> FindAsync(NpgsqlConnection connection, Guid customerId, CartId id, CancellationToken cancel) =>
        connection.QueryFirstAsync(Find, row => new StoredCart(customerId, id, row.GetString(0), Bytes(row, 1), Bytes(row, 2), Bytes(row, 3), row.NullableString(4),
            row.Nullable<Guid>(5), row.GetInt32(6), [.. row.GetFieldValue<Guid[]>(7).Zip(row.GetFieldValue<int[]>(8), static (variant, quantity) => new Line(new(variant), quantity))]),
            [customerId, id.Value], cancel);

    static byte[]? Bytes(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetFieldValue<byte[]>(column);

    const string Find = """
        SELECT c.currency, c.email, c.shipping_address, c.billing_address, c.shipping_method, c.ordered_as, c.version,
               ARRAY(SELECT l.variant_id FROM ordering.cart_lines l WHERE l.customer_id = $1 AND l.cart_id = $2 ORDER BY l.position, l.variant_id),
               ARRAY(SELECT l.quantity FROM ordering.cart_lines l WHERE l.customer_id = $1 AND l.cart_id = $2 ORDER BY l.position, l.variant_id)
        FROM ordering.carts c
        WHERE c.customer_id = $1 AND c.id = $2
        """;
}
