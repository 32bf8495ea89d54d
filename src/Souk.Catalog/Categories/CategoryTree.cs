namespace Souk.Catalog.Categories;

/// <summary>The tree by its paths: what lies below a category begins with its path.</summary>
internal static class CategoryTree
{
    /// <summary>The category of this id or slug and all below it; empty when there is none.</summary>
    public static async Task<Guid[]> BelowAsync(NpgsqlConnection connection, string idOrSlug, CancellationToken cancel)
    {
        var isId = CategoryId.TryRead(idOrSlug, out var id);
        if (!isId && !Slugs.Possible(idOrSlug)) return [];
        return [.. await connection.QueryAsync(isId ? BelowId : BelowSlug, static row => row.GetGuid(0), [isId ? id.Value : idOrSlug], cancel)];
    }

    const string BelowId = """
        SELECT c.id FROM catalog.categories root JOIN catalog.categories c ON c.id = root.id OR starts_with(c.path, root.path || '/')
        WHERE root.id = $1
        """;

    const string BelowSlug = """
        SELECT c.id FROM catalog.categories root JOIN catalog.categories c ON c.id = root.id OR starts_with(c.path, root.path || '/')
        WHERE root.slug = $1
        """;
}
