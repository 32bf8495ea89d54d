namespace Souk.Catalog.Categories;

/// <summary>Every way requests for categories are refused. A code is API: add new ones, never rename one.</summary>
internal static class CategoryErrors
{
    public static readonly Error NotFound = Error.NotFound("category_not_found", "There is no category of this id or slug. GET /v1/categories lists them.");
}
