using Souk.Platform.Outbox;

namespace Souk.Ordering.Inventory;

/// <summary>
/// The one way stock changes, for sales, expiries, counts and imports alike: rows are locked in order of variant, numbers change in one guarded
/// statement, and a change of the word shoppers see is told in the same transaction.
/// </summary>
/// <remarks>
/// Guards, by the name of the constraint that fires and undoes the caller's whole transaction: <see cref="NotOversold"/> when more would be promised than
/// may be sold (what lies on the shelf but for the safety stock, and the limit of back-orders), <see cref="WasStocked"/> for a variant that never had stock.
/// </remarks>
internal static class ChangeStock
{
    /// <summary>
    /// Option <c>Ordering:StockStatements</c>: all variants of a batch in one statement, the fast form on PostgreSQL; or each in statements that name it alone, for a
    /// database that spreads variants over machines (Citus), where a statement over many holds up every other such statement. The answers are the same.
    /// </summary>
    public const string Together = "together", OneByOne = "one_by_one";

    public const string NotOversold = "stock_not_oversold", KitHasNone = "stock_kit_has_none", WasStocked = "variant_was_stocked", Countable = "stock_is_countable";

    /// <param name="OnHand">Units added to the shelf, or taken from it when negative.</param>
    /// <param name="Reserved">Units promised, or given back when negative.</param>
    public readonly record struct Change(VariantId VariantId, int OnHand, int Reserved);

    /// <summary>Adds the change to a batch: no round trip of its own. Each variant comes once.</summary>
    public static NpgsqlBatch AddStockChanges(this NpgsqlBatch batch, IReadOnlyList<Change> changes, OrderingOptions options, DateTimeOffset now)
    {
        if (options.StockStatements == OneByOne)
        {
            foreach (var (id, onHand, reserved) in changes.OrderBy(c => c.VariantId))
                batch.Add(LockOne, id.Value).Add(TellOne, id.Value, $"{id}", onHand, reserved, options.LowStock, now).Add(ChangeOne, id.Value, $"{id}", onHand, reserved, options.LowStock);
            return batch;
        }
        Guid[] variants = [.. changes.Select(c => c.VariantId.Value)];
        return batch.Add(Lock, variants)
            .Add(Apply, variants, changes.Select(c => c.VariantId.ToString()).ToArray(), changes.Select(c => c.OnHand).ToArray(),
                changes.Select(c => c.Reserved).ToArray(), options.LowStock, now);
    }

    /// <summary>Locks the stock of these variants in the connection's transaction, in the same order, and tells how many units of each can still be sold.</summary>
    /// <param name="skipLocked">Leaves out what others hold, rather than waiting for it.</param>
    public static async Task<Dictionary<VariantId, int>> LockStockAsync(this NpgsqlConnection connection, Guid[] variants, OrderingOptions options, bool skipLocked)
    {
        if (variants.Length == 0) return [];
        await using var batch = connection.CreateBatch();
        if (options.StockStatements == Together) batch.Add(skipLocked ? LockFree : LockAndRead, (object)variants);
        else foreach (var variant in variants.Order()) batch.Add(skipLocked ? LockOneFree : LockAndReadOne, variant);
        return new(await batch.QueryLastAsync(batch.BatchCommands.Count, static row => KeyValuePair.Create(new VariantId(row.GetGuid(0)), row.GetInt32(1))));
    }

    /// <summary>Of these variants, those that were ever stocked, whoever holds their rows.</summary>
    public static async Task<IReadOnlyList<VariantId>> StockedAsync(NpgsqlConnection connection, Guid[] variants) =>
        await connection.QueryAsync(Stocked, static row => new VariantId(row.GetGuid(0)), [variants], CancellationToken.None);

    /// <summary>Of these wishes, those that cannot be met at this moment.</summary>
    public static async Task<IReadOnlyList<VariantId>> ShortAsync(NpgsqlDataSource db, IReadOnlyList<(VariantId VariantId, int Quantity)> wanted) => await db.QueryAsync(Short,
        static row => new VariantId(row.GetGuid(0)), [wanted.Select(w => w.VariantId.Value).ToArray(), wanted.Select(w => w.Quantity).ToArray()], CancellationToken.None);

    // In order of variant, so that two sales with the same variants queue up instead of deadlocking. A statement of its own: the next one then sees
    // what these rows hold now, not what they held when the wait began.
    const string Lock = "SELECT 1 FROM ordering.stock WHERE variant_id = ANY($1) ORDER BY variant_id FOR NO KEY UPDATE";

    /// <summary>Units of a row of stock <c>s</c> that can be sold: those on the shelf and what may be sold beyond it. Negative when the rules became stricter since.</summary>
    internal const string Sellable = "(s.on_hand - s.reserved - s.safety_stock + s.backorder_limit)";

    const string LockAndRead = $"SELECT s.variant_id, {Sellable} FROM ordering.stock s WHERE s.variant_id = ANY($1) ORDER BY s.variant_id FOR NO KEY UPDATE";

    const string LockFree = $"{LockAndRead} SKIP LOCKED";

    const string Stocked = "SELECT variant_id FROM ordering.stock WHERE variant_id = ANY($1)";

    const string Short = $"""
        SELECT w.variant_id
        FROM unnest($1::uuid[], $2::int[]) AS w (variant_id, quantity) LEFT JOIN ordering.stock s USING (variant_id)
        WHERE s.variant_id IS NULL OR {Sellable} < w.quantity
        ORDER BY w.variant_id
        """;

    const string LockOne = """
        SELECT (count(*) = 1)::ordering.must_be_stocked FROM (SELECT FROM ordering.stock WHERE variant_id = $1 FOR NO KEY UPDATE) AS locked
        """;

    const string LockAndReadOne = $"SELECT s.variant_id, {Sellable} FROM ordering.stock s WHERE s.variant_id = $1 FOR NO KEY UPDATE";

    const string LockOneFree = $"{LockAndReadOne} SKIP LOCKED";

    /// <summary>What a change <c>w</c> makes of a row of stock <c>s</c>.</summary>
    const string Outcome = """
        w.variant_id, w.printed_id, w.on_hand, w.reserved, r.shelf, s.state AS was, s.state_version > 0 AS was_told,
        w.reserved <= 0 OR r.shelf + s.backorder_limit >= 0 AS is_sellable,
        CASE WHEN s.is_kit THEN s.state WHEN r.shelf > coalesce(s.low_stock, $5) AND r.shelf > 0 THEN 'in_stock' WHEN r.shelf > 0 THEN 'low'
             WHEN r.shelf + s.backorder_limit > 0 THEN 'backorder' ELSE 'out' END AS state
        """;

    const string Shelf = "CROSS JOIN LATERAL (SELECT s.on_hand + w.on_hand - s.reserved - w.reserved - s.safety_stock AS shelf) AS r";

    /// <summary>The threshold that is crossed, if one is. The first delivery is no return.</summary>
    const string Crossed = "CASE WHEN was = 'in_stock' AND state <> was THEN 'stock.low' WHEN was = 'out' AND state <> was AND was_told THEN 'stock.back' END AS crossed";

    /// <summary>The row's next version: one more for the word, one more for a crossing. So a variant's events are numbered, under its lock.</summary>
    const string NextVersion = "s.state_version + (w.state <> w.was)::int + (w.crossed IS NOT NULL)::int";

    const string Apply = $"""
        WITH wanted AS (
            SELECT {Outcome}
            FROM unnest($1::uuid[], $2::text[], $3::int[], $4::int[]) AS w (variant_id, printed_id, on_hand, reserved)
            JOIN ordering.stock s USING (variant_id) {Shelf}
        ), crossing AS (
            SELECT *, {Crossed} FROM wanted
        ), changed AS (
            UPDATE ordering.stock s
            SET on_hand = s.on_hand + w.on_hand, reserved = s.reserved + w.reserved, state = w.state, state_version = {NextVersion}
            FROM crossing w
            WHERE s.variant_id = w.variant_id
            RETURNING s.variant_id, w.printed_id, s.state, s.state_version, w.was, w.crossed, w.shelf, w.is_sellable
        ), told AS (
            {Outbox.AppendFrom}
            SELECT 'stock.state_changed', variant_id, state_version - (crossed IS NOT NULL)::int, $6::timestamptz, jsonb_build_object('variantId', printed_id, 'state', state)
            FROM changed WHERE state <> was
            UNION ALL
            SELECT crossed, variant_id, state_version, $6::timestamptz, jsonb_build_object('variantId', printed_id, 'onShelf', greatest(shelf, 0))
            FROM changed WHERE crossed IS NOT NULL
        )
        SELECT (count(*) = cardinality($1::uuid[]))::ordering.must_be_stocked, coalesce(bool_and(is_sellable), true)::ordering.must_be_sellable FROM changed
        """;

    const string One = $"""
        (SELECT *, {Crossed}
         FROM (SELECT {Outcome}
               FROM (SELECT $1::uuid AS variant_id, $2::text AS printed_id, $3::int AS on_hand, $4::int AS reserved) AS w
               JOIN ordering.stock s ON s.variant_id = w.variant_id AND s.variant_id = $1 {Shelf}) AS wanted) AS w
        """;

    // Before the change, which is exactly what it will come to: the row is locked.
    const string TellOne = $"""
        {Outbox.AppendFrom}
        SELECT t.type, w.variant_id, t.version, $6::timestamptz, t.payload
        FROM {One} JOIN ordering.stock s ON s.variant_id = w.variant_id AND s.variant_id = $1
        CROSS JOIN LATERAL (
            SELECT 'stock.state_changed' AS type, s.state_version + 1 AS version, jsonb_build_object('variantId', w.printed_id, 'state', w.state) AS payload WHERE w.state <> w.was
            UNION ALL
            SELECT w.crossed, {NextVersion}, jsonb_build_object('variantId', w.printed_id, 'onShelf', greatest(w.shelf, 0)) WHERE w.crossed IS NOT NULL) AS t
        """;

    const string ChangeOne = $"""
        UPDATE ordering.stock s
        SET on_hand = s.on_hand + $3, reserved = s.reserved + $4, state = w.state, state_version = {NextVersion}
        FROM {One}
        WHERE s.variant_id = $1 AND w.variant_id = s.variant_id
        RETURNING w.is_sellable::ordering.must_be_sellable
        """;
}
