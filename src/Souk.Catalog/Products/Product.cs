using Souk.Contracts;

namespace Souk.Catalog.Products;

/// <summary>A product as shoppers see it: what is sold of it, in the shop's default language and currency.</summary>
/// <param name="Slug">Its readable address, unique and stable.</param>
/// <param name="CategoryIds">The category it lies in.</param>
/// <param name="Options">What can be chosen, and the values that some variant has.</param>
/// <param name="Version">Counts every change of what is shown here; the ETag.</param>
internal sealed record Product(ProductId Id, string Slug, string Name, string Description, IReadOnlyList<CategoryId> CategoryIds,
    IReadOnlyList<ProductOption> Options, IReadOnlyList<Variant> Variants, IReadOnlyList<Photo> Media, int Version);

internal sealed record ProductOption(string Name, IReadOnlyList<string> Values);

/// <param name="Options">Value by name of option: <c>{"color": "Black", "size": "58 CM"}</c>.</param>
/// <param name="Price">Null until a price was set in the shop's currency.</param>
/// <param name="StockState">At most 2 s behind.</param>
internal sealed record Variant(VariantId Id, string Sku, string Name, IReadOnlyDictionary<string, string> Options, Money? Price, StockState StockState,
    int WeightGrams, IReadOnlyList<Photo> Media);

/// <param name="Url">Relative to the shop's address; shows the same photo for ever.</param>
internal sealed record Photo(string Url, string ContentType);
