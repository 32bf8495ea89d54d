using Souk.Ordering.Addresses;
using Souk.Ordering.Orders;

namespace Souk.Ordering.Inventory;

/// <summary>
/// Takes the units of an order that is shipped off the shelf, in the transaction that has locked its row: they leave on hand and reserved together, at the
/// locations that the rule of allocation says, and every location tells of a movement. All of the order or nothing.
/// </summary>
internal static class TakeOffShelf
{
    /// <summary>Refuses an order whose units do not all lie on the shelf (409 <c>not_on_shelf</c>); nothing was written then.</summary>
    /// <param name="to">Where the order goes, read before anything was locked.</param>
    public static async Task<Error?> RunAsync(NpgsqlConnection connection, StoredOrder order, Address? to, IAllocation rule, Guid? actor, OrderingOptions options,
        DateTimeOffset now, CancellationToken cancel)
    {
        var wanted = StockUnits.Of(order.Lines);
        Guid[] variants = [.. wanted.Select(w => w.VariantId.Value)];
        await connection.LockStockAsync(variants, options, skipLocked: false);
        // Read after the stock rows are locked, so nobody changes them meanwhile.
        var shelves = await connection.QueryAsync(Shelves, static row => new Allocation.Shelf(new(row.GetGuid(0)),
            new(row.GetGuid(1), row.GetInt32(3), row.NullableString(4), row.NullableString(5)), row.GetInt32(2)), [variants], cancel);
        var takes = rule.Allocate(wanted, shelves, to?.Country, to?.PostalCode);
        if (wanted.Where(w => takes.Where(t => t.VariantId == w.VariantId).Sum(t => t.Quantity) != w.Quantity).Select(w => w.VariantId).ToList() is { Count: > 0 } missing)
            return StockErrors.NotOnShelf(missing);

        await using var batch = connection.CreateBatch();
        batch.AddStockChanges([.. wanted.Select(w => new ChangeStock.Change(w.VariantId, -w.Quantity, -w.Quantity))], options, now);
        batch.Add(Take, takes.Select(t => t.VariantId.Value).ToArray(), takes.Select(t => t.LocationId).ToArray(), takes.Select(t => t.Quantity).ToArray(),
            takes.Select(_ => Guid.CreateVersion7(now)).ToArray(), order.Id.Value, actor, now);
        await batch.ExecuteNonQueryAsync(cancel);
        return null;
    }

    const string Shelves = """
        SELECT v.variant_id, v.location_id, v.on_hand, l.priority, l.country, l.postal_code
        FROM ordering.stock_levels v JOIN ordering.locations l ON l.id = v.location_id
        WHERE v.variant_id = ANY($1) AND v.on_hand > 0
        """;

    const string Take = """
        WITH taken AS (
            UPDATE ordering.stock_levels l SET on_hand = l.on_hand - t.quantity, version = l.version + 1
            FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::uuid[]) AS t (variant_id, location_id, quantity, movement_id)
            WHERE l.variant_id = t.variant_id AND l.location_id = t.location_id
            RETURNING l.variant_id, l.location_id, l.on_hand, t.quantity, t.movement_id
        )
        INSERT INTO ordering.stock_movements (variant_id, id, location_id, delta, reason, on_hand, actor_id, created_at, order_id)
        SELECT variant_id, movement_id, location_id, -quantity, 'shipped', on_hand, $6::uuid, $7::timestamptz, $5::uuid FROM taken
        """;
}
