using Souk.Catalog.Products;
using Souk.Platform.Cache;
using Souk.Platform.Pagination;

namespace Souk.Catalog.Categories;

/// <summary><c>GET /v1/categories</c>: the tree as a list, every parent before its children.</summary>
internal static class ListCategories
{
    const string List = "categories", CacheControl = "public, max-age=60, stale-while-revalidate=600";

    /// <param name="ParentId">Absent for those at the root.</param>
    public sealed record Category(CategoryId Id, string Slug, string Name, CategoryId? ParentId);

    sealed record Key(string Path);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/categories", Handle).ForEveryone().WithName(nameof(ListCategories));

    static async Task<Results<DocumentAnswer<Page<Category>>, Error>> Handle(HttpContext http, PageRequest page, HotCatalog hot, CancellationToken cancel)
    {
        if (QueryMembers.RefuseOthers(http, "limit", "cursor") is { } unknown) return unknown;
        if (page.From<Key>(List).Refused(out var error, out var start)) return error;
        var pages = page.Maker();
        var got = await hot.GetAsync($"{List} {start.Limit} {http.Request.Query["cursor"]}", http, (connection, at) => LoadAsync(connection, at, start, pages), cancel);
        return got.Refused(out error, out var document) ? error : new DocumentAnswer<Page<Category>>(document, CacheControl);
    }

    static async Task<Result<Document>> LoadAsync(NpgsqlConnection connection, CatalogMoment at, PageRequest.Start<Key> start, PageMaker pages)
    {
        var rows = await connection.QueryAsync(start.Backward ? Before : After,
            static row => (Path: row.GetString(0), Category: new Category(new(row.GetGuid(1)), row.GetString(2), row.GetString(3),
                row.Nullable<Guid>(4) is { } parent ? new CategoryId(parent) : null)), [start.Key?.Path ?? "", start.Limit + 1], CancellationToken.None);
        var (page, link) = pages.Make(start, List, rows, static row => new Key(row.Path), static row => row.Category);
        return Document.Of(page, HotCatalog.CategoryTopic, at.Categories, at.Version, language: null, link);
    }

    const string After = "SELECT path, id, slug, name, parent_id FROM catalog.categories WHERE path > $1 ORDER BY path LIMIT $2";

    const string Before = "SELECT path, id, slug, name, parent_id FROM catalog.categories WHERE path < $1 ORDER BY path DESC LIMIT $2";
}
