namespace Souk.Catalog.Products;

/// <summary>Every way requests for products are refused. A code is API: add new ones, never rename one.</summary>
internal static class ProductErrors
{
    public static readonly Error NotFound = Error.NotFound("product_not_found",
        "There is no product of this id or slug, or it is no longer sold. GET /v1/products lists what is.");

    public static readonly Error SortUnknown = Error.Malformed("sort_unknown",
        $"Products can be sorted by: {string.Join(", ", ListProducts.Sorts)}.") with { Details = [("allowed", ListProducts.Sorts)] };

    public static Error FilterInvalid(string message) => Error.Malformed("filter_invalid", message);
}
