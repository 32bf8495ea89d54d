using System.Text.Json;
using NpgsqlTypes;
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

    /// <summary>One statement, so that no change falls between the cart and its lines.</summary>
    public static Task<StoredCart?> FindAsync(NpgsqlConnection connection, Guid customerId, CartId id, CancellationToken cancel) =>
        connection.QueryFirstAsync(Find, row => new StoredCart(customerId, id, row.GetString(0), Bytes(row, 1), Bytes(row, 2), Bytes(row, 3), row.NullableString(4),
            row.Nullable<Guid>(5), row.GetInt32(6), [.. row.GetFieldValue<Guid[]>(7).Zip(row.GetFieldValue<int[]>(8), static (variant, quantity) => new Line(new(variant), quantity))],
            row.IsDBNull(9) ? null : new CartHold(JsonSerializer.Deserialize<IReadOnlyList<StockUnits>>(row.GetFieldValue<byte[]>(9), Json.Options)!,
                row.GetFieldValue<DateTimeOffset>(10), row.GetInt16(11))),
            [customerId, id.Value], cancel);

    /// <summary>The same on a connection of its own, which is free again when the catalogue and prices are asked.</summary>
    public static async Task<StoredCart?> FindAsync(NpgsqlDataSource db, Guid customerId, CartId id, CancellationToken cancel)
    {
        await using var connection = await db.OpenConnectionAsync(cancel);
        return await FindAsync(connection, customerId, id, cancel);
    }

    /// <summary>
    /// The cart as it is now, locked until the open transaction ends: every change of a cart or its lines starts here, so changes come one after the
    /// other and each sees the one before. Refuses as <see cref="Refuse"/> does.
    /// </summary>
    public static async Task<Result<StoredCart>> LockAsync(NpgsqlConnection connection, Guid customerId, CartId id, int? version, CancellationToken cancel)
    {
        // Two statements: the second sees what whoever held the lock has committed; one statement would see the lines as they were before it waited.
        await connection.ExecuteAsync(Lock, [customerId, id.Value], cancel);
        var cart = await FindAsync(connection, customerId, id, cancel);
        return Refuse(cart, version) is { } error ? error : cart!;
    }

    /// <summary>Why the cart cannot be changed, in this order: 404 absent, 409 it became an order, 412 it is not at the version of If-Match.</summary>
    public static Error? Refuse(StoredCart? cart, int? version) => cart switch
    {
        null => CartErrors.NotFound,
        { OrderedAs: { } order } => CartErrors.Ordered(order),
        _ when version is { } expected && expected != cart.Version => ETag.VersionMismatch,
        _ => null,
    };

    /// <summary>Makes this cart, version 1, with its lines; false, and nothing happens, when the customer has a cart of this id.</summary>
    public async Task<bool> AddAsync(NpgsqlDataSource db, DateTimeOffset now, CancellationToken cancel)
    {
        await using var connection = await db.OpenConnectionAsync(cancel);
        return await connection.QueryFirstAsync(Add, static row => row.GetBoolean(0), [CustomerId, Id.Value, Currency, Bytea(Email), Bytea(ShippingAddress),
            Bytea(BillingAddress), ShippingMethod, now, Lines.Select(l => l.VariantId.Value).ToArray(), Lines.Select(l => l.Quantity).ToArray()], cancel);
    }

    public static NpgsqlParameter Bytea(byte[]? value) => new() { NpgsqlDbType = NpgsqlDbType.Bytea, Value = (object?)value ?? DBNull.Value };

    static byte[]? Bytes(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetFieldValue<byte[]>(column);

    const string Find = """
        SELECT c.currency, c.email, c.shipping_address, c.billing_address, c.shipping_method, c.ordered_as, c.version,
               ARRAY(SELECT l.variant_id FROM ordering.cart_lines l WHERE l.customer_id = $1 AND l.cart_id = $2 ORDER BY l.position, l.variant_id),
               ARRAY(SELECT l.quantity FROM ordering.cart_lines l WHERE l.customer_id = $1 AND l.cart_id = $2 ORDER BY l.position, l.variant_id),
               c.held, c.held_until, c.hold_slot
        FROM ordering.carts c
        WHERE c.customer_id = $1 AND c.id = $2
        """;

    const string Lock = "SELECT FROM ordering.carts WHERE customer_id = $1 AND id = $2 FOR NO KEY UPDATE";

    const string Add = """
        WITH cart AS (
            INSERT INTO ordering.carts (customer_id, id, currency, email, shipping_address, billing_address, shipping_method, version, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $8)
            ON CONFLICT (customer_id, id) DO NOTHING
            RETURNING customer_id, id
        ), lines AS (
            INSERT INTO ordering.cart_lines (customer_id, cart_id, variant_id, quantity, position)
            SELECT cart.customer_id, cart.id, given.variant_id, given.quantity, given.position::int
            FROM cart, unnest($9::uuid[], $10::int[]) WITH ORDINALITY AS given (variant_id, quantity, position)
        )
        SELECT EXISTS (SELECT FROM cart)
        """;
}
