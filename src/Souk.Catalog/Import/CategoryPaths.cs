using Souk.Catalog.Products;

namespace Souk.Catalog.Import;

/// <summary>Finds categories by their path and makes those that are missing.</summary>
internal static class CategoryPaths
{
    /// <summary>The id of the last step; all steps exist when it returns.</summary>
    public static async Task<Guid> EnsureAsync(NpgsqlConnection connection, IReadOnlyList<CategoryStep> steps, TimeProvider clock, CancellationToken cancel)
    {
        Guid? parent = null;
        foreach (var step in steps)
        {
            var id = await connection.QueryFirstAsync(Find, static row => (Guid?)row.GetGuid(0), [step.Path], cancel);
            if (id is null)
            {
                id = CategoryId.New(clock).Value;
                await connection.ExecuteAsync(CatalogChanges.CountCategories, [], cancel);
                await connection.ExecuteAsync(Make, [id, parent, step.Path, step.Slug, step.Name, clock.GetUtcNow()], cancel);
            }
            parent = id;
        }
        return parent!.Value;
    }

    const string Find = "SELECT id FROM catalog.categories WHERE path = $1";

    const string Make = """
        INSERT INTO catalog.categories (id, parent_id, path, slug, name, created_at)
        SELECT $1::uuid, $2::uuid, $3::text, wanted.slug, $5::text, $6::timestamptz
        -- The first that is free: its own slug, the whole path, the path with the id.
        FROM unnest(ARRAY[$4::text, replace($3::text, '/', '-'), left(replace($3::text, '/', '-'), 160) || '-' || $1::uuid]) WITH ORDINALITY AS wanted (slug, place)
        WHERE NOT EXISTS (SELECT FROM catalog.categories c WHERE c.slug = wanted.slug) AND length(wanted.slug) <= 200
        ORDER BY wanted.place LIMIT 1
        """;
}
