namespace Souk.Catalog.Import;

/// <summary>A product that may be stored: every text, number and code in it keeps the rules of the schema.</summary>
/// <param name="Categories">From the root to the category it lies in; one or two.</param>
/// <param name="Texts">By language; the default language is always among them.</param>
internal sealed record CheckedProduct(int Line, string Slug, string Name, IReadOnlyList<CategoryStep> Categories,
    IReadOnlyList<ProductText> Texts, IReadOnlyList<CheckedVariant> Variants);

/// <param name="Path">Slugs from the root: <c>components/road-frames</c>.</param>
internal sealed record CategoryStep(string Path, string Slug, string Name);

internal sealed record ProductText(string Language, string Name, string Description);

/// <param name="Position">Its place among its product's variants, from 0.</param>
/// <param name="Photo">The name of a file, or null.</param>
internal sealed record CheckedVariant(string Sku, string Name, int WeightGrams, int Position, bool OnSale, IReadOnlyList<VariantOption> Options,
    Money Price, IReadOnlyList<StockAt> Stock, string? Photo, IReadOnlyList<CheckedReview> Reviews);

internal sealed record VariantOption(string Name, string Value);

/// <param name="Rating">1 to 5.</param>
internal sealed record CheckedReview(string Author, DateTimeOffset WrittenAt, int Rating, string Text);

internal sealed record StockAt(string Location, int OnHand);
