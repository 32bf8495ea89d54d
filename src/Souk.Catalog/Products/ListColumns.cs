namespace Souk.Catalog.Products;

/// <summary>
/// The columns of a product that lists sort and filter by. They repeat what its variants on sale say, so whoever changes a variant or its offer runs one of
/// these statements in the same transaction, after <see cref="CatalogChanges.Count"/>: its lock lets one at a time do so.
/// </summary>
internal static class ListColumns
{
    const string BestState = """
        CASE min(CASE o.stock_state WHEN 'in_stock' THEN 1 WHEN 'low' THEN 2 WHEN 'backorder' THEN 3 ELSE 4 END)
            WHEN 1 THEN 'in_stock' WHEN 2 THEN 'low' WHEN 3 THEN 'backorder' ELSE 'out' END
        """;

    /// <summary>Price and stock state of the product that the variant $1 belongs to.</summary>
    public const string OfOffer = $"""
        UPDATE catalog.products p SET price_from = best.price_from, stock_state = best.stock_state
        FROM (
            SELECT v.product_id, min(o.amount) AS price_from,
                {BestState} AS stock_state
            FROM catalog.variants v LEFT JOIN catalog.offers o ON o.variant_id = v.id
            WHERE v.product_id = (SELECT changed.product_id FROM catalog.variants changed WHERE changed.id = $1) AND v.on_sale
            GROUP BY v.product_id
        ) best
        WHERE p.id = best.product_id AND (p.price_from, p.stock_state) IS DISTINCT FROM (best.price_from, best.stock_state)
        """;

    /// <summary>Everything of the products $1; those without a variant on sale are in no list, and stay.</summary>
    public const string OfProducts = $"""
        UPDATE catalog.products p SET price_from = best.price_from, stock_state = best.stock_state, facets = best.facets
        FROM (
            SELECT v.product_id, min(o.amount) AS price_from,
                {BestState} AS stock_state,
                -- Each option of a variant, and all of them in one: the line break is in no value.
                ARRAY(
                    SELECT DISTINCT f.facet FROM catalog.variants w
                    CROSS JOIN LATERAL (
                        SELECT string_agg(x.name || '=' || x.value, E'\n' ORDER BY x.name) AS facet FROM catalog.variant_options x WHERE x.variant_id = w.id
                        UNION SELECT x.name || '=' || x.value FROM catalog.variant_options x WHERE x.variant_id = w.id) f
                    WHERE w.product_id = v.product_id AND w.on_sale AND f.facet IS NOT NULL ORDER BY 1) AS facets
            FROM catalog.variants v LEFT JOIN catalog.offers o ON o.variant_id = v.id
            WHERE v.product_id = ANY($1) AND v.on_sale
            GROUP BY v.product_id
        ) best
        WHERE p.id = best.product_id
        """;
}
