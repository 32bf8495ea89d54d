using Souk.Contracts;

namespace Souk.Catalog.Products;

/// <summary>A product as shoppers see it: what is sold of it, in the shop's currency.</summary>
/// <param name="Slug">Its readable address, unique and stable.</param>
/// <param name="Language">What name and description are in (BCP 47): the language asked for, or the default where the product has no text in it.</param>
/// <param name="CategoryIds">The category it lies in.</param>
/// <param name="Options">What can be chosen, and the values that some variant has.</param>
/// <param name="Version">Counts every change of what is shown here; the ETag.</param>
internal sealed record Product(ProductId Id, string Slug, string Language, string Name, string Description, IReadOnlyList<CategoryId> CategoryIds,
    IReadOnlyList<ProductOption> Options, IReadOnlyList<Variant> Variants, IReadOnlyList<Photo> Media, Rating Rating, int Version);

/// <param name="Average">1 to 5, to the hundredth; absent without reviews.</param>
internal sealed record Rating(decimal? Average, int Count)
{
    public static Rating Of(int sum, int count) => new(count == 0 ? null : Math.Round((decimal)sum / count, 2), count);
}

internal sealed record ProductOption(string Name, IReadOnlyList<string> Values);

/// <param name="Options">Value by name of option: <c>{"color": "Black", "size": "58 CM"}</c>.</param>
/// <param name="Price">Null until a price was set in the shop's currency.</param>
/// <param name="StockState">At most 2 s behind.</param>
internal sealed record Variant(VariantId Id, string Sku, string Name, IReadOnlyDictionary<string, string> Options, Money? Price, StockState StockState,
    int WeightGrams, IReadOnlyList<Photo> Media);

/// <param name="Url">Relative to the shop's address; shows the same photo for ever.</param>
internal sealed record Photo(string Url, string ContentType);
