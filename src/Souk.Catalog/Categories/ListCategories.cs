using Souk.Platform.Pagination;

namespace Souk.Catalog.Categories;

/// <summary><c>GET /v1/categories</c>: the tree as a list, every parent before its children.</summary>
internal static class ListCategories
{
    const string List = "categories";

    /// <param name="ParentId">Absent for those at the root.</param>
    public sealed record Category(CategoryId Id, string Slug, string Name, CategoryId? ParentId);

    sealed record Key(string Path);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/categories", Handle).ForEveryone().WithName(nameof(ListCategories));

    static async Task<Results<Ok<Page<Category>>, Error>> Handle(HttpContext http, PageRequest page, NpgsqlDataSource db, CancellationToken cancel)
    {
        if (QueryMembers.RefuseOthers(http, "limit", "cursor") is { } unknown) return unknown;
        if (page.From<Key>(List).Refused(out var error, out var start)) return error;
        var rows = await db.QueryAsync(start.Backward ? Before : After,
            static row => (Path: row.GetString(0), Category: new Category(new(row.GetGuid(1)), row.GetString(2), row.GetString(3),
                row.Nullable<Guid>(4) is { } parent ? new CategoryId(parent) : null)), [start.Key?.Path ?? "", start.Limit + 1], cancel);
        http.Response.Headers.CacheControl = "public, max-age=60, stale-while-revalidate=600";
        return TypedResults.Ok(page.Answer(start, List, rows, static row => new Key(row.Path), static row => row.Category));
    }

    const string After = "SELECT path, id, slug, name, parent_id FROM catalog.categories WHERE path > $1 ORDER BY path LIMIT $2";

    const string Before = "SELECT path, id, slug, name, parent_id FROM catalog.categories WHERE path < $1 ORDER BY path DESC LIMIT $2";
}
