using Souk.Catalog.Categories;
using Souk.Platform.Cache;
using Souk.Platform.Money;
using Souk.Platform.Pagination;

namespace Souk.Catalog.Products;

/// <summary>
/// <c>GET /v1/products</c>: what is sold, page by page, filtered and sorted. A page costs the same at any depth: it starts at a key and walks
/// an index.
/// </summary>
internal static class ListProducts
{
    /// <summary>Values of <c>?sort=</c>; by name is the default. <c>rating</c> shows the best first; without a price a product counts as the dearest.</summary>
    public static readonly IReadOnlyList<string> Sorts = [.. ProductSort.All.Select(sort => sort.Name)];

    // Short, since it shows prices and stock states.
    internal const string CacheControl = "public, max-age=2, stale-while-revalidate=10";

    static readonly QueryMember[] Takes = [.. ProductFilter.Members,
        new("sort", typeof(string), "The order of the list; `name` when absent. `rating` shows the best first; without a price a product counts as the dearest.", Sorts)];
    static readonly string[] Members = [.. Takes.Select(m => m.Name), "limit", "cursor"];

    /// <summary>One page of one list, whoever asks for it.</summary>
    sealed record Ask(ProductFilter Filter, ProductSort Sort, string List, PageRequest.Start<ProductKey> Start, PageMaker Pages, string Language);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/products", Handle).ForEveryone().Takes(Takes).WithName(nameof(ListProducts));

    static async Task<Results<DocumentAnswer<Page<Product>>, Error>> Handle(HttpContext http, PageRequest page, HotCatalog hot, ShopCurrency currency, CancellationToken cancel)
    {
        if (QueryMembers.RefuseOthers(http, Members) is { } unknown) return unknown;
        if (ProductFilter.Read(http.Request.Query).Refused(out var error, out var filter)) return error;
        var sortName = http.Request.Query.TryGetValue("sort", out var given) ? given.ToString() : Sorts[0];
        if (ProductSort.All.FirstOrDefault(s => s.Name == sortName) is not { } sort) return ProductErrors.SortUnknown;

        var language = await hot.LanguageAsync(http, cancel);
        // What a search finds depends on the language; where another list goes on does not.
        var list = $"products {sort.Name} {filter.Name} {(filter.Search is null ? "" : language)}";
        if (page.From<ProductKey>(list).Refused(out error, out var start)) return error;
        var ask = new Ask(filter, sort, list, start, page.Maker(), language);
        var key = $"{list} {currency.Code} {language} {start.Limit} {http.Request.Query["cursor"]}";
        var got = await hot.GetAsync(key, http, (connection, at) => LoadAsync(connection, at, ask), cancel);
        return got.Refused(out error, out var document) ? error : new DocumentAnswer<Page<Product>>(document, CacheControl);
    }

    static async Task<Result<Document>> LoadAsync(NpgsqlConnection connection, CatalogMoment at, Ask ask)
    {
        var (filter, sort, start) = (ask.Filter, ask.Sort, ask.Start);
        Guid[]? categories = null;
        if (filter.Category is not null && (categories = await CategoryTree.BelowAsync(connection, filter.Category, CancellationToken.None)).Length == 0)
            return CategoryErrors.NotFound;

        var key = start.Key ?? sort.Start(start.Backward, filter.PriceMin, filter.PriceMax);
        object?[] args = [categories, filter.Facet, filter.PriceMin, filter.PriceMax, filter.InStock, start.Limit + 1, key.Id, sort.Value(key)];
        if (filter.Search is not null) args = [.. args, filter.Search, ask.Language, ReadProducts.DefaultLanguage];
        var keys = await connection.QueryAsync(sort.Statement(start.Backward, found: filter.Search is not null), sort.Read, args, CancellationToken.None);

        var products = (await ReadProducts.ReadAsync(connection, [.. keys.Take(start.Limit).Select(k => k.Id)], ask.Language, CancellationToken.None))
            .ToDictionary(p => p.Id.Value);
        var (page, link) = ask.Pages.Make(start, ask.List, keys, static k => k, k => products[k.Id]);
        var languages = page.Items.Select(p => p.Language).Distinct().DefaultIfEmpty(ask.Language);
        return Document.Of(page, HotCatalog.ListTopic, at.Version, at.Version, string.Join(", ", languages), link);
    }
}
