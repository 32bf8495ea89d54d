using Souk.Contracts;
using Souk.Platform.Bus;
using Souk.Platform.Money;
using Souk.Platform.Outbox;

namespace Souk.Catalog.Products;

/// <summary>
/// Shows a changed list price with its variant. Every product version counts once per change that shoppers see; a price in another than the
/// shop's currency is not shown.
/// </summary>
internal static class ShowListPrice
{
    public static async Task HandleAsync(ListPriceChanged changed, EventContext context, CancellationToken cancel)
    {
        if (changed.Price.Currency != context.Services.GetRequiredService<ShopCurrency>().Code) return;
        await using var batch = context.Connection.CreateBatch().Add(CatalogChanges.Count)
            .Add(Show, changed.VariantId.Value, changed.Price.Amount, changed.Price.Currency, context.OccurredAt)
            .Add(ListColumns.OfOffer, changed.VariantId.Value);
        await batch.ExecuteNonQueryAsync(cancel);
        context.AfterCommit(() => CatalogChanges.Tell(context.Services.GetRequiredService<IBus>()));
    }

    const string Show = """
        WITH shown AS (
            INSERT INTO catalog.offers AS o (variant_id, amount, currency) VALUES ($1, $2, $3)
            ON CONFLICT (variant_id) DO UPDATE SET amount = excluded.amount, currency = excluded.currency
            WHERE (o.amount, o.currency) IS DISTINCT FROM (excluded.amount, excluded.currency)
            RETURNING o.variant_id
        )
        -- What is not shown, a variant no longer sold, changes no page.
        UPDATE catalog.products p SET version = p.version + 1, updated_at = greatest(p.updated_at, $4), changed = (SELECT version FROM catalog.changes)
        FROM shown JOIN catalog.variants v ON v.id = shown.variant_id AND v.on_sale
        WHERE p.id = v.product_id
        """;
}
