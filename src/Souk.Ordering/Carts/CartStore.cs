namespace Souk.Ordering.Carts;

/// <summary>Where carts are found and written, together with those of others who ask at the same time.</summary>
internal sealed class CartStore(NpgsqlDataSource db, BatchDatabase batches)
{
    /// <summary>A change of a cart: of its own columns, and of a line perhaps.</summary>
    /// <param name="Seen">As it was found; null for one that is made, with all its lines.</param>
    /// <param name="Line">The line of <paramref name="Wanted"/> that was added or changed.</param>
    readonly record struct Change(StoredCart? Seen, StoredCart Wanted, StoredCart.Line? Line, DateTimeOffset Now);

    readonly SharedReads<(Guid, Guid), StoredCart> reads = new(db, Find, static row => new((row.GetGuid(0), row.GetGuid(1)), StoredCart.Read(row)), Sql.Pairs);
    readonly SharedWrites<Change, bool> writes = new(batches, db, WriteAsync, static change => (change.Wanted.CustomerId, change.Wanted.Id.Value));

    /// <summary>Version and lines are of one instant. Null when the customer has no such cart.</summary>
    public async Task<StoredCart?> FindAsync(Guid customer, CartId id, CancellationToken cancel) =>
        (await reads.FindAsync([(customer, id.Value)], cancel)).GetValueOrDefault((customer, id.Value));

    static Task<StoredCart?> FindAsync(NpgsqlConnection connection, Guid customer, CartId id, CancellationToken cancel) =>
        connection.QueryFirstAsync(Find, StoredCart.Read, Sql.Pairs([(customer, id.Value)]), cancel);

    /// <summary>
    /// The cart as it is now, locked until the open transaction ends: changes come one after the other and each sees the one before. Refuses as
    /// <see cref="StoredCart.Refuse"/> does.
    /// </summary>
    public static async Task<Result<StoredCart>> LockAsync(NpgsqlConnection connection, Guid customer, CartId id, int? version, CancellationToken cancel)
    {
        // Two statements: the second sees what whoever held the lock has committed; one statement would see the lines as they were before it waited.
        await connection.ExecuteAsync(Lock, Sql.Pairs([(customer, id.Value)]), cancel);
        var cart = await FindAsync(connection, customer, id, cancel);
        return StoredCart.Refuse(cart, version) is { } error ? error : cart!;
    }

    /// <summary>Makes this cart, version 1, with its lines; false, and nothing happens, when the customer has a cart of this id.</summary>
    public Task<bool> AddAsync(StoredCart cart, DateTimeOffset now) => writes.RunAsync(new(null, cart, null, now));

    /// <summary>Saves what is wanted while the cart is still as it was seen; false, and nothing happens, when a rival changed it.</summary>
    /// <param name="line">The line that was added or changed; null when it is none.</param>
    public Task<bool> TrySaveAsync(StoredCart seen, StoredCart wanted, StoredCart.Line? line, DateTimeOffset now) => writes.RunAsync(new(seen, wanted, line, now));

    /// <summary>The same for a cart that is locked in the connection's transaction.</summary>
    public static async Task SaveAsync(NpgsqlConnection connection, StoredCart locked, StoredCart wanted, StoredCart.Line? line, DateTimeOffset now)
    {
        await using var batch = connection.CreateBatch();
        await WriteAsync(batch, [new(locked, wanted, line, now)]);
    }

    static async Task<IReadOnlyList<bool>> WriteAsync(NpgsqlBatch batch, IReadOnlyList<Change> changes)
    {
        var (added, saved) = (changes.Where(c => c.Seen is null).ToList(), changes.Where(c => c.Seen is not null).ToList());
        if (saved.Count > 0)
        {
            batch.Add(Lock, Sql.Pairs(saved.Select(c => (c.Wanted.CustomerId, c.Wanted.Id.Value))));
            batch.Add(Save, [.. Columns(saved), saved.Select(c => c.Seen!.Version).ToArray(), saved.Select(c => c.Line?.VariantId.Value).ToArray(),
                saved.Select(c => c.Line?.Quantity).ToArray()]);
        }
        if (added.Count > 0)
        {
            var lines = added.SelectMany(c => c.Wanted.Lines.Select((line, i) => (Cart: c.Wanted, Line: line, Position: i + 1))).ToList();
            batch.Add(Add, [.. Columns(added), added.Select(c => c.Wanted.Currency).ToArray(), lines.Select(l => l.Cart.CustomerId).ToArray(),
                lines.Select(l => l.Cart.Id.Value).ToArray(), lines.Select(l => l.Line.VariantId.Value).ToArray(), lines.Select(l => l.Line.Quantity).ToArray(),
                lines.Select(l => l.Position).ToArray()]);
        }
        var statements = saved.Count > 0 && added.Count > 0 ? 2 : 1;
        var done = (await batch.QueryLastAsync(statements, static row => (row.GetGuid(0), row.GetGuid(1)))).ToHashSet();
        return [.. changes.Select(c => done.Contains((c.Wanted.CustomerId, c.Wanted.Id.Value)))];
    }

    static object?[] Columns(List<Change> changes)
    {
        return [.. Sql.Pairs(changes.Select(c => (c.Wanted.CustomerId, c.Wanted.Id.Value))), changes.Select(c => c.Wanted.Version).ToArray(), changes.Select(c => c.Now).ToArray(), Bytes(c => c.Email),
            Bytes(c => c.ShippingAddress), Bytes(c => c.BillingAddress), changes.Select(c => c.Wanted.ShippingMethod).ToArray()];

        NpgsqlParameter Bytes(Func<StoredCart, byte[]?> value) => Sql.Byteas(changes.Select(c => value(c.Wanted)));
    }

    /// <summary>Locks carts in the shop's order, and tells the version of each and whether it was ordered. Statements that follow see what whoever held them has committed.</summary>
    public const string Lock = """
        SELECT c.id, c.version, c.ordered_as IS NOT NULL
        FROM ordering.carts c JOIN unnest($1::uuid[], $2::uuid[]) AS w (customer_id, id) ON c.customer_id = w.customer_id AND c.id = w.id
        WHERE c.customer_id = ANY($1) AND c.id = ANY($2)
        ORDER BY c.customer_id, c.id FOR NO KEY UPDATE OF c
        """;

    // One statement, so that no change falls between the cart and its lines.
    const string Find = """
        SELECT c.customer_id, c.id, c.currency, c.email, c.shipping_address, c.billing_address, c.shipping_method, c.ordered_as, c.version,
               ARRAY(SELECT l.variant_id FROM ordering.cart_lines l WHERE l.customer_id = c.customer_id AND l.cart_id = c.id ORDER BY l.position, l.variant_id),
               ARRAY(SELECT l.quantity FROM ordering.cart_lines l WHERE l.customer_id = c.customer_id AND l.cart_id = c.id ORDER BY l.position, l.variant_id),
               c.held, c.held_until, c.hold_slot
        FROM unnest($1::uuid[], $2::uuid[]) AS w (customer_id, id)
        CROSS JOIN LATERAL (SELECT * FROM ordering.carts c WHERE c.customer_id = w.customer_id AND c.id = w.id LIMIT 1) AS c
        """;

    // Whoever changes lines changes the version, so while it is the one that was seen the highest position is the highest.
    const string Save = """
        WITH saved AS (
            UPDATE ordering.carts c
            SET version = w.version, updated_at = greatest(c.updated_at, w.now), email = w.email, shipping_address = w.shipping_address,
                billing_address = w.billing_address, shipping_method = w.shipping_method
            FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::timestamptz[], $5::bytea[], $6::bytea[], $7::bytea[], $8::text[], $9::int[], $10::uuid[], $11::int[])
                AS w (customer_id, id, version, now, email, shipping_address, billing_address, shipping_method, seen, variant_id, quantity)
            WHERE c.customer_id = ANY($1) AND c.id = ANY($2) AND c.customer_id = w.customer_id AND c.id = w.id AND c.version = w.seen AND c.ordered_as IS NULL
            RETURNING c.customer_id, c.id, w.variant_id, w.quantity
        ), put AS (
            INSERT INTO ordering.cart_lines (customer_id, cart_id, variant_id, quantity, position)
            SELECT s.customer_id, s.id, s.variant_id, s.quantity,
                   (SELECT coalesce(max(l.position), 0) + 1 FROM ordering.cart_lines l WHERE l.customer_id = s.customer_id AND l.cart_id = s.id)
            FROM saved s WHERE s.variant_id IS NOT NULL
            ON CONFLICT (customer_id, cart_id, variant_id) DO UPDATE SET quantity = excluded.quantity
        )
        SELECT customer_id, id FROM saved
        """;

    const string Add = """
        WITH added AS (
            INSERT INTO ordering.carts (customer_id, id, version, created_at, updated_at, email, shipping_address, billing_address, shipping_method, currency)
            SELECT w.customer_id, w.id, w.version, w.now, w.now, w.email, w.shipping_address, w.billing_address, w.shipping_method, w.currency
            FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::timestamptz[], $5::bytea[], $6::bytea[], $7::bytea[], $8::text[], $9::text[])
                AS w (customer_id, id, version, now, email, shipping_address, billing_address, shipping_method, currency)
            ON CONFLICT (customer_id, id) DO NOTHING
            RETURNING customer_id, id
        ), lines AS (
            INSERT INTO ordering.cart_lines (customer_id, cart_id, variant_id, quantity, position)
            SELECT l.customer_id, l.cart_id, l.variant_id, l.quantity, l.position
            FROM unnest($10::uuid[], $11::uuid[], $12::uuid[], $13::int[], $14::int[]) AS l (customer_id, cart_id, variant_id, quantity, position)
            JOIN added a ON a.customer_id = l.customer_id AND a.id = l.cart_id
        )
        SELECT customer_id, id FROM added
        """;
}
