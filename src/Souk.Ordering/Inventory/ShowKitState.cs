using Souk.Contracts;
using Souk.Platform.Outbox;

namespace Souk.Ordering.Inventory;

/// <summary>
/// Keeps the word that shoppers see of a kit: it follows when the word of a component changes. How many can be bought this instant, the availability says and
/// the order decides.
/// </summary>
internal static class ShowKitState
{
    /// <summary>A transaction for each kit: none holds the row of one while it waits for another's. What is told twice changes nothing the second time.</summary>
    public static async Task HandleAsync(StockStateChanged changed, EventContext context, CancellationToken cancel)
    {
        var (db, options) = (context.Services.GetRequiredService<NpgsqlDataSource>(), context.Services.GetRequiredService<OrderingOptions>());
        foreach (var kit in await db.QueryAsync(KitsOf, static row => new VariantId(row.GetGuid(0)), [changed.VariantId.Value], cancel))
        {
            await using var connection = await db.OpenConnectionAsync(cancel);
            await using var transaction = await connection.BeginTransactionAsync(cancel);
            await connection.LockStockAsync([kit.Value], options, skipLocked: false);
            await ShowAsync(connection, kit, options, context.OccurredAt, cancel);
            await transaction.CommitAsync(cancel);
        }
    }

    /// <summary>Sets the word of a kit whose stock row this transaction has locked, and tells when it changes.</summary>
    public static async Task ShowAsync(NpgsqlConnection connection, VariantId kit, OrderingOptions options, DateTimeOffset now, CancellationToken cancel)
    {
        var components = await connection.QueryAsync(Components, static row => (row.GetInt32(0), new StockLevels.Level(row.GetInt32(1), row.GetInt32(2), default, null, null)),
            [kit.Value], cancel);
        if (components.Count == 0) return;   // no kit any more
        await connection.ExecuteAsync(Show, [kit.Value, kit.ToString(), StockStates.Write(StockLevels.Level.OfKit(components, options.LowStock).State), now], cancel);
    }

    const string KitsOf = "SELECT kit_id FROM ordering.kit_components WHERE variant_id = $1 ORDER BY kit_id";

    const string Components = """
        SELECT c.quantity, s.on_hand - s.reserved - s.safety_stock, s.backorder_limit
        FROM ordering.kit_components c JOIN ordering.stock s ON s.variant_id = c.variant_id WHERE c.kit_id = $1
        """;

    const string Show = $"""
        WITH changed AS (
            UPDATE ordering.stock SET state = $3, state_version = state_version + 1 WHERE variant_id = $1 AND is_kit AND state <> $3 RETURNING state_version
        )
        {Outbox.AppendFrom}
        SELECT 'stock.state_changed', $1, state_version, $4, jsonb_build_object('variantId', $2::text, 'state', $3::text) FROM changed
        """;
}
