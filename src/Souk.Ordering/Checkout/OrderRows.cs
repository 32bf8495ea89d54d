using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Souk.Contracts;
using Souk.Ordering.Carts;
using Souk.Ordering.Inventory;
using Souk.Ordering.Orders;
using Souk.Platform.Outbox;

namespace Souk.Ordering.Checkout;

/// <summary>An order on its way into the database: it keeps its id and number however often it is tried.</summary>
/// <param name="Cart">What it buys, as it was read.</param>
/// <param name="Key">The Idempotency-Key, the customer's own.</param>
/// <param name="Held">What its cart holds: reserved already, and the order's when the cart is claimed.</param>
internal sealed record Placement(StoredOrder Order, (CartId Id, int Version)? Cart, string Key, IReadOnlyList<StockUnits>? Held = null)
{
    /// <summary>The stock that it takes, each variant once; negative where its cart holds more.</summary>
    public IReadOnlyList<StockUnits> Units { get; } = StockUnits.Of(Order.Lines, Held);

    /// <summary>The lines that need one of these variants, as itself or in a kit: what the customer is told to order less of.</summary>
    public IReadOnlyList<VariantId> LinesOf(IReadOnlyCollection<VariantId> variants) =>
        [.. Order.Lines.Where(l => l.Components?.Any(c => variants.Contains(c.VariantId)) ?? variants.Contains(l.VariantId)).Select(l => l.VariantId)];
}

/// <summary>
/// The rows of orders: carts are claimed, orders with their keys written, stock taken and events told, as one transaction in one round trip, however many
/// orders there are. A "no" found on the way fails its statement by a named constraint, which undoes everything before it.
/// </summary>
/// <remarks>
/// Locks, in the one order of the shop: keys, carts, stock; each in its order, and before the first new row. A key has no row yet: what is locked is a number
/// made of it, so that a rival with the same key is waited for while nothing else is held.
/// </remarks>
internal static class OrderRows
{
    /// <summary>The constraint that fires when a cart was changed or ordered meanwhile.</summary>
    public const string CartIsUnchanged = "cart_is_unchanged";

    /// <summary>The key has an order already: another one, or this one, written by a try whose answer was lost.</summary>
    public static bool KeyIsUsed(PostgresException no) => no is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "orders_key_is_used" or "orders_pkey" };

    /// <summary>Writes the orders, each with another key and cart.</summary>
    /// <param name="isPatient">Waits for a lock as long as any request does, not only as long as a batch may.</param>
    public static async Task WriteAsync(NpgsqlConnection connection, IReadOnlyList<Placement> placements, OrderingOptions options, DateTimeOffset now, bool isPatient)
    {
        var sorted = placements.OrderBy(p => p.Order.CustomerId).ThenBy(p => p.Key, StringComparer.Ordinal).ToList();
        var orders = sorted.ConvertAll(p => p.Order);
        await using var batch = connection.CreateBatch();
        if (isPatient) batch.WithPatience();
        batch.Add(LockKeys, KeyLocks(placements));
        if (Carts(placements) is { Length: > 0 } carts)
        {
            batch.Add(CartStore.Lock, Customers(carts), Ids(carts));
            batch.Add(ClaimCarts, Customers(carts), Ids(carts), carts.Select(c => c.Cart!.Value.Version).ToArray(), carts.Select(c => c.Order.Id.Value).ToArray(),
                carts.Select(c => c.Order.PlacedAt).ToArray());
        }
        batch.Add(Insert, Column(o => o.CustomerId), Column(o => o.Id.Value), Column(o => o.Number), sorted.Select(p => p.Key).ToArray(), Column(o => o.Fingerprint),
            sorted.Select(p => p.Cart?.Id.Value).ToArray(), Sql.Jsonbs(orders.Select(o => o.Lines)), Column(o => o.Currency), Column(o => o.Subtotal),
            Column(o => o.Discounts), Column(o => o.Shipping), Column(o => o.Tax), Column(o => o.Total), Column(o => o.ShippingMethod), Byteas(o => o.Email),
            Byteas(o => o.ShippingAddress), Byteas(o => o.BillingAddress), Column(o => o.PlacedAt), Column(o => o.ExpiresAt));
        batch.AddStockChanges(StockUnits.Reserving(placements.Select(p => p.Units)), options, now);
        batch.AddEvents(1, now, orders.ConvertAll(o => (o.Id.Value, new OrderPlaced(o.Id, o.CustomerId, o.Number, new(o.Total, o.Currency)))));
        await batch.ExecuteNonQueryAsync(CancellationToken.None);

        T[] Column<T>(Func<StoredOrder, T> value) => [.. orders.Select(value)];
        NpgsqlParameter Byteas(Func<StoredOrder, byte[]?> value) => Sql.Byteas(orders.Select(value));
    }

    /// <summary>Locks the carts and tells which of them are still as they were read.</summary>
    public static async Task<HashSet<Guid>> LockCartsAsync(NpgsqlConnection connection, IReadOnlyList<Placement> placements)
    {
        var carts = Carts(placements);
        if (carts.Length == 0) return [];
        var versions = carts.ToDictionary(c => c.Cart!.Value.Id.Value, c => c.Cart!.Value.Version);
        var rows = await connection.QueryAsync(CartStore.Lock, static row => (Id: row.GetGuid(0), Version: row.GetInt32(1), IsOrdered: row.GetBoolean(2)),
            [Customers(carts), Ids(carts)], CancellationToken.None);
        return [.. rows.Where(r => !r.IsOrdered && versions[r.Id] == r.Version).Select(r => r.Id)];
    }

    /// <summary>Of these customers' keys, those that have an order, and which.</summary>
    public static async Task<Dictionary<(Guid Customer, string Key), OrderId>> FindKeysAsync(NpgsqlConnection connection, IReadOnlyList<Placement> placements) =>
        (await connection.QueryAsync(FindKeys, static row => (Key: (row.GetGuid(0), row.GetString(1)), Id: new OrderId(row.GetGuid(2))),
            [placements.Select(p => p.Order.CustomerId).ToArray(), placements.Select(p => p.Key).ToArray()], CancellationToken.None)).ToDictionary(r => r.Key, r => r.Id);

    /// <summary>Holds the keys of these orders until the end of the transaction, and tells which of them it has not got.</summary>
    /// <param name="skipLocked">Leaves out what others hold, rather than waiting for it.</param>
    public static async Task<HashSet<(Guid Customer, string Key)>> LockKeysAsync(NpgsqlConnection connection, IReadOnlyList<Placement> placements, bool skipLocked)
    {
        var got = (await connection.QueryAsync(skipLocked ? LockFreeKeys : LockKeys, static row => row.GetInt32(0), [KeyLocks(placements)], CancellationToken.None)).ToHashSet();
        return [.. placements.Where(p => !got.Contains(KeyLock(p))).Select(p => (p.Order.CustomerId, p.Key))];
    }

    static Placement[] Carts(IEnumerable<Placement> placements) => [.. placements.Where(p => p.Cart is not null).OrderBy(p => p.Order.CustomerId).ThenBy(p => p.Cart!.Value.Id)];

    /// <summary>Two keys may share a number: then one waits for the other, no more.</summary>
    static int[] KeyLocks(IReadOnlyList<Placement> placements) => [.. placements.Select(KeyLock).Distinct().Order()];

    static int KeyLock(Placement placement)
    {
        Span<byte> text = stackalloc byte[Encoding.UTF8.GetMaxByteCount(placement.Key.Length) + 16];
        placement.Order.CustomerId.TryWriteBytes(text);
        var length = 16 + Encoding.UTF8.GetBytes(placement.Key, text[16..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text[..length], hash);
        return BinaryPrimitives.ReadInt32BigEndian(hash);
    }

    static Guid[] Customers(Placement[] carts) => [.. carts.Select(c => c.Order.CustomerId)];

    static Guid[] Ids(Placement[] carts) => [.. carts.Select(c => c.Cart!.Value.Id.Value)];

    const string ClaimCarts = """
        WITH claimed AS (
            UPDATE ordering.carts c SET ordered_as = w.order_id, held = NULL, held_until = NULL, hold_slot = NULL, version = c.version + 1, updated_at = greatest(c.updated_at, w.placed_at)
            FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::uuid[], $5::timestamptz[]) AS w (customer_id, id, version, order_id, placed_at)
            WHERE c.customer_id = ANY($1) AND c.id = ANY($2) AND c.customer_id = w.customer_id AND c.id = w.id AND c.version = w.version AND c.ordered_as IS NULL
            RETURNING 1
        )
        SELECT (count(*) = cardinality($1::uuid[]))::ordering.must_be_unchanged FROM claimed
        """;

    // 'keys' in ASCII, so that nobody else's advisory locks are meant. In the order given.
    const string LockKeys = "SELECT k, pg_advisory_xact_lock(1801812339, k) FROM unnest($1::int[]) AS k";

    const string LockFreeKeys = "SELECT k FROM unnest($1::int[]) AS k WHERE pg_try_advisory_xact_lock(1801812339, k)";

    const string Insert = """
        INSERT INTO ordering.orders (customer_id, id, number, idempotency_key, fingerprint, cart_id, lines, currency, subtotal, discounts, shipping, tax, total,
            shipping_method, email, shipping_address, billing_address, placed_at, expires_at)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bytea[], $6::uuid[], $7::jsonb[], $8::text[], $9::bigint[], $10::bigint[], $11::bigint[],
            $12::bigint[], $13::bigint[], $14::text[], $15::bytea[], $16::bytea[], $17::bytea[], $18::timestamptz[], $19::timestamptz[])
        """;

    const string FindKeys = """
        SELECT o.customer_id, o.idempotency_key, o.id
        FROM ordering.orders o JOIN unnest($1::uuid[], $2::text[]) AS w (customer_id, key) ON o.customer_id = w.customer_id AND o.idempotency_key = w.key
        """;
}
