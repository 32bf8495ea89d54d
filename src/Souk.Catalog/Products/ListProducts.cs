using Souk.Catalog.Categories;
using Souk.Platform.Pagination;

namespace Souk.Catalog.Products;

/// <summary>
/// <c>GET /v1/products</c>: what is sold, page by page. <c>?category=</c> takes the id or slug of a category and shows what lies in it and below it;
/// <c>?sort=</c> is one of <see cref="Sorts"/>.
/// </summary>
internal static class ListProducts
{
    /// <summary>By name is the default; <c>createdAt</c> shows the oldest first, <c>-createdAt</c> the newest.</summary>
    public static readonly IReadOnlyList<string> Sorts = ["name", "createdAt", "-createdAt"];

    // Short, since it shows prices and stock states.
    internal const string CacheControl = "public, max-age=2, stale-while-revalidate=10";

    /// <param name="Name">The sort name, or empty where the id alone gives the order: ids are made in order of time.</param>
    sealed record Key(string Name, Guid Id);

    /// <summary>Where the first page of each order starts: before every row.</summary>
    static readonly Key First = new("", Guid.Empty), Last = new("", Guid.AllBitsSet);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/products", Handle).ForEveryone().WithName(nameof(ListProducts));

    static async Task<Results<Ok<Page<Product>>, Error>> Handle(HttpContext http, PageRequest page, string? category, string? sort,
        NpgsqlDataSource db, CancellationToken cancel)
    {
        if (QueryMembers.RefuseOthers(http, "category", "sort", "limit", "cursor") is { } unknown) return unknown;
        sort ??= Sorts[0];
        if (!Sorts.Contains(sort)) return ProductErrors.SortUnknown;
        var list = $"products {sort} {category}";
        if (page.From<Key>(list).Refused(out var error, out var start)) return error;

        await using var connection = await db.OpenConnectionAsync(cancel);
        Guid[]? categories = null;
        if (category is not null && (categories = await CategoryTree.BelowAsync(connection, category, cancel)).Length == 0) return CategoryErrors.NotFound;

        var byName = sort == "name";
        var ascending = sort != "-createdAt" ^ start.Backward;
        var key = start.Key ?? (ascending ? First : Last);
        var keys = byName
            ? await connection.QueryAsync(ascending ? AfterName : BeforeName, static row => new Key(row.GetString(1), row.GetGuid(0)),
                [categories, key.Name, key.Id, start.Limit + 1], cancel)
            : await connection.QueryAsync(ascending ? AfterId : BeforeId, static row => new Key("", row.GetGuid(0)), [categories, key.Id, start.Limit + 1], cancel);

        // A product archived between the two looks is left out of the page; the cursors go by the keys and miss nothing.
        var products = (await ReadProducts.ReadAsync(connection, [.. keys.Take(start.Limit).Select(k => k.Id)], cancel)).ToDictionary(p => p.Id.Value);
        http.Response.Headers.CacheControl = CacheControl;
        var answer = page.Answer(start, list, keys, static k => k, static k => k);
        return TypedResults.Ok(new Page<Product>([.. answer.Items.Where(k => products.ContainsKey(k.Id)).Select(k => products[k.Id])],
            answer.NextCursor, answer.PreviousCursor));
    }

    const string AfterName = """
        SELECT id, sort_name FROM catalog.products
        WHERE status = 'active' AND ($1::uuid[] IS NULL OR category_id = ANY($1::uuid[])) AND (sort_name, id) > ($2, $3)
        ORDER BY sort_name, id LIMIT $4
        """;

    const string BeforeName = """
        SELECT id, sort_name FROM catalog.products
        WHERE status = 'active' AND ($1::uuid[] IS NULL OR category_id = ANY($1::uuid[])) AND (sort_name, id) < ($2, $3)
        ORDER BY sort_name DESC, id DESC LIMIT $4
        """;

    const string AfterId = """
        SELECT id FROM catalog.products
        WHERE status = 'active' AND ($1::uuid[] IS NULL OR category_id = ANY($1::uuid[])) AND id > $2
        ORDER BY id LIMIT $3
        """;

    const string BeforeId = """
        SELECT id FROM catalog.products
        WHERE status = 'active' AND ($1::uuid[] IS NULL OR category_id = ANY($1::uuid[])) AND id < $2
        ORDER BY id DESC LIMIT $3
        """;
}
