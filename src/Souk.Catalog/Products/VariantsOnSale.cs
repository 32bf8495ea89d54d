using Souk.Contracts;
using Souk.Platform.Cache;

namespace Souk.Catalog.Products;

/// <summary>What other modules ask of the catalogue: remembered, as fresh as its pages (<see cref="HotCatalog"/>).</summary>
internal sealed class VariantsOnSale : ICatalog
{
    public const int VariantsMax = 100;

    /// <summary>Some 20 MB.</summary>
    const int RememberedMax = 50_000;

    readonly HotCatalog hot;
    readonly RememberedReads<Guid, VariantFacts> facts;

    public VariantsOnSale(NpgsqlDataSource db, HotCatalog hot)
    {
        this.hot = hot;
        facts = new(new(db, Facts, static row => new(row.GetGuid(0),
            new(new(row.GetGuid(0)), new(row.GetGuid(1)), row.GetString(2), NameOf(row.GetString(3), row.GetString(4)), row.GetInt32(5)))), RememberedMax);
        hot.Changed += products =>
        {
            if (products is null) facts.Forget();
            else facts.Forget(fact => products.Contains(fact.ProductId.Value));
        };
    }

    public async Task<IReadOnlyList<VariantFacts>> VariantsAsync(IReadOnlyCollection<VariantId> ids, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ids.Count, VariantsMax, nameof(ids));
        await hot.FreshAsync(cancel);
        var found = await facts.FindAsync([.. ids.Select(id => id.Value)], cancel);
        return [.. ids.Distinct().Order().Select(id => found.GetValueOrDefault(id.Value)).OfType<VariantFacts>()];
    }

    /// <summary>Most variants' names begin with their product's: said once.</summary>
    internal static string NameOf(string product, string variant) =>
        variant.StartsWith(product, StringComparison.OrdinalIgnoreCase) ? variant : $"{product} - {variant}";

    const string Facts = $"""
        SELECT v.id, v.product_id, v.sku, t.name, v.name, v.weight_grams
        FROM catalog.variants v
        JOIN catalog.products p ON p.id = v.product_id AND p.status = 'active'
        JOIN catalog.product_texts t ON t.product_id = p.id AND t.language = '{ReadProducts.DefaultLanguage}'
        WHERE v.id = ANY($1) AND v.on_sale
        """;
}
