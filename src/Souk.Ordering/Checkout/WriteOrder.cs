using Souk.Contracts;
using Souk.Ordering.Carts;
using Souk.Ordering.Inventory;
using Souk.Ordering.Orders;
using Souk.Platform.Idempotency;
using Souk.Platform.Outbox;

namespace Souk.Ordering.Checkout;

/// <summary>
/// Makes a draft true: cart, order with its idempotency key, stock and event in one transaction and one round trip. A "no" found on the way fails its
/// statement by a named constraint, which undoes everything before it.
/// </summary>
/// <remarks>Locks, in the one order of the shop: the cart, the key (with the order's row), stock in order of variant. Then only new rows.</remarks>
internal sealed class WriteOrder(NpgsqlDataSource db, OrderNumbers numbers, OrderingOptions options, TimeProvider clock)
{
    /// <summary>Stock that was short when the order failed and is not when it is looked at: so often it is tried again.</summary>
    const int TriesMax = 3;

    /// <summary>Never cancelled: the answer to an order that is being written is whether it was written.</summary>
    public async Task<Result<StoredOrder>> RunAsync(DraftOrder draft, string key, byte[] fingerprint)
    {
        var number = await numbers.NextAsync(CancellationToken.None);
        for (var attempt = 1; ; attempt++)
        {
            var now = Milliseconds(clock.GetUtcNow());
            var order = new StoredOrder(draft.CustomerId, OrderId.New(clock), number, fingerprint, draft.Lines, draft.Quote.Currency, draft.Quote.Subtotal,
                draft.Quote.Discounts, draft.Quote.Shipping, draft.Quote.Tax, draft.Quote.Total, draft.ShippingMethod, draft.Email, draft.ShippingAddress,
                draft.BillingAddress, now, now + options.HoldTime, OrderStatus.Placed, null, null, null, 1);
            try
            {
                await WriteAsync(order, draft.Cart, key);
                return order;
            }
            catch (PostgresException no) when (no is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: KeyIsUsed })
            {
                return IdempotencyKey.InProgress;   // and done: the caller looks the key up
            }
            catch (PostgresException no) when (no.SqlState == PostgresErrorCodes.LockNotAvailable && no.BatchCommand?.CommandText == Insert)
            {
                return IdempotencyKey.InProgress;
            }
            catch (PostgresException no) when (no is { SqlState: PostgresErrorCodes.CheckViolation, ConstraintName: CartIsUnchanged })
            {
                return OrderErrors.CartChanged;
            }
            catch (PostgresException no) when (no is { SqlState: PostgresErrorCodes.CheckViolation, ConstraintName: ChangeStock.NotOversold or ChangeStock.WasStocked })
            {
                var missing = await ShortAsync(draft.Lines);
                if (missing.Count > 0 || attempt == TriesMax) return StockErrors.Insufficient(missing);
            }
        }
    }

    /// <summary>The order that a customer placed with this key.</summary>
    public static Task<StoredOrder?> FindByKeyAsync(NpgsqlDataSource db, Guid customer, string key, CancellationToken cancel) =>
        db.QueryFirstAsync(FindByKey, StoredOrder.Read, [customer, key], cancel);

    async Task WriteAsync(StoredOrder order, (CartId Id, int Version)? cart, string key)
    {
        await using var connection = await db.OpenConnectionAsync(CancellationToken.None);
        await using var batch = connection.CreateBatch();
        if (cart is var (id, version)) batch.Add(ClaimCart, order.CustomerId, id.Value, version, order.Id.Value, order.PlacedAt);
        batch.Add(Insert, order.CustomerId, order.Id.Value, order.Number, key, order.Fingerprint, cart?.Id.Value, Sql.Jsonb(order.Lines), order.Currency, order.Subtotal,
            order.Discounts, order.Shipping, order.Tax, order.Total, order.ShippingMethod, StoredCart.Bytea(order.Email), StoredCart.Bytea(order.ShippingAddress), StoredCart.Bytea(order.BillingAddress),
            order.PlacedAt, order.ExpiresAt);
        batch.AddStockChanges([.. order.Lines.OrderBy(l => l.VariantId).Select(l => new ChangeStock.Change(l.VariantId, 0, l.Quantity))], options, order.PlacedAt);
        batch.AddEvent(order.Id.Value, 1, order.PlacedAt, new OrderPlaced(order.Id, order.CustomerId, order.Number, new(order.Total, order.Currency)));
        await batch.ExecuteNonQueryAsync(CancellationToken.None);
    }

    async Task<IReadOnlyList<VariantId>> ShortAsync(IReadOnlyList<StoredOrder.Line> lines) => await db.QueryAsync(Short, static row => new VariantId(row.GetGuid(0)),
        [lines.Select(l => l.VariantId.Value).ToArray(), lines.Select(l => l.Quantity).ToArray()], CancellationToken.None);

    /// <summary>As it is printed, so that the first answer and its repetition are the same.</summary>
    static DateTimeOffset Milliseconds(DateTimeOffset instant) => instant.AddTicks(-(instant.Ticks % TimeSpan.TicksPerMillisecond));

    const string KeyIsUsed = "orders_key_is_used", CartIsUnchanged = "cart_is_unchanged";

    const string ClaimCart = """
        WITH claimed AS (
            UPDATE ordering.carts SET ordered_as = $4, version = version + 1, updated_at = greatest(updated_at, $5)
            WHERE customer_id = $1 AND id = $2 AND version = $3 AND ordered_as IS NULL
            RETURNING 1
        )
        SELECT (EXISTS (SELECT FROM claimed))::ordering.must_be_unchanged
        """;

    // A rival with the same key is waited for here, before any stock is locked.
    const string Insert = """
        INSERT INTO ordering.orders (customer_id, id, number, idempotency_key, fingerprint, cart_id, lines, currency, subtotal, discounts, shipping, tax, total,
            shipping_method, email, shipping_address, billing_address, placed_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
        """;

    const string Short = """
        SELECT w.variant_id
        FROM unnest($1::uuid[], $2::int[]) AS w (variant_id, quantity) LEFT JOIN ordering.stock s USING (variant_id)
        WHERE s.variant_id IS NULL OR s.on_hand - s.reserved < w.quantity
        ORDER BY w.variant_id
        """;

    const string FindByKey = $"SELECT {StoredOrder.Columns} FROM ordering.orders o WHERE o.customer_id = $1 AND o.idempotency_key = $2";
}
