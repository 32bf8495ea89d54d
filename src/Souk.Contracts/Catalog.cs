namespace Souk.Contracts;

/// <summary>What other modules may ask the catalogue.</summary>
public interface ICatalog
{
    /// <summary>Facts of the variants that are on sale; unknown ids and those no longer sold are left out. At most 100 ids.</summary>
    Task<IReadOnlyList<VariantFacts>> VariantsAsync(IReadOnlyCollection<VariantId> ids, CancellationToken cancel);
}

/// <summary>What an order line remembers of a variant, and what pricing must know of it.</summary>
/// <param name="Name">The product's and the variant's name in the shop's default language.</param>
/// <param name="WeightGrams">0 for what is not weighed.</param>
public sealed record VariantFacts(VariantId Id, ProductId ProductId, string Sku, string Name, int WeightGrams);
