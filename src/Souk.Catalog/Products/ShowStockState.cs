using Souk.Contracts;
using Souk.Platform.Bus;
using Souk.Platform.Outbox;
using Souk.Platform.Telemetry;

namespace Souk.Catalog.Products;

/// <summary>Shows with a variant how much there is of it, in a word.</summary>
internal static class ShowStockState
{
    public static async Task HandleAsync(StockStateChanged changed, EventContext context, CancellationToken cancel)
    {
        await using var batch = context.Connection.CreateBatch().Add(CatalogChanges.Count)
            .Add(Show, changed.VariantId.Value, StockStates.Write(changed.State), context.OccurredAt)
            .Add(ListColumns.OfOffer, changed.VariantId.Value);
        await batch.ExecuteNonQueryAsync(cancel);
        context.AfterCommit(() => CatalogChanges.Tell(context.Services.GetRequiredService<IBus>()));
        if (changed.State == StockState.Out) context.AfterCommit(Measures.StockOut);
    }

    const string Show = """
        WITH shown AS (
            INSERT INTO catalog.offers AS o (variant_id, stock_state) VALUES ($1, $2)
            ON CONFLICT (variant_id) DO UPDATE SET stock_state = excluded.stock_state WHERE o.stock_state IS DISTINCT FROM excluded.stock_state
            RETURNING o.variant_id
        )
        UPDATE catalog.products p SET version = p.version + 1, updated_at = greatest(p.updated_at, $3), changed = (SELECT version FROM catalog.changes)
        FROM shown JOIN catalog.variants v ON v.id = shown.variant_id AND v.on_sale
        WHERE p.id = v.product_id
        """;
}
