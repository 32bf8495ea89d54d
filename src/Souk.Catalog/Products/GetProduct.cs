using Souk.Platform.Cache;
using Souk.Platform.Money;

namespace Souk.Catalog.Products;

/// <summary>
/// <c>GET /v1/products/{id or slug}</c>: one product with the variants that are on sale, in the reader's language. Its strong ETag changes with everything
/// that is shown, price and stock state included.
/// </summary>
internal static class GetProduct
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/products/{product}", Handle).ForEveryone().WithName(nameof(GetProduct));

    static async Task<Results<DocumentAnswer<Product>, Error>> Handle(string product, HttpContext http, HotCatalog hot, ShopCurrency currency, CancellationToken cancel)
    {
        var isId = ProductId.TryRead(product, out var id);
        if (!isId && !Slugs.Possible(product)) return ProductErrors.NotFound;

        var language = await hot.LanguageAsync(http, cancel);
        var got = await hot.GetAsync($"product {product} {currency.Code} {language}", http,
            (connection, at) => LoadAsync(connection, at, isId ? id.Value : null, product, language), cancel);
        return got.Refused(out var error, out var document) ? error : new DocumentAnswer<Product>(document, ListProducts.CacheControl);
    }

    static async Task<Result<Document>> LoadAsync(NpgsqlConnection connection, CatalogMoment at, Guid? id, string slug, string language)
    {
        var found = await connection.QueryFirstAsync(id is null ? BySlug : ById, static row => (Guid?)row.GetGuid(0), [id ?? (object)slug], CancellationToken.None);
        if (found is not { } known || await ReadProducts.ReadAsync(connection, [known], language, CancellationToken.None) is not [var shown]) return ProductErrors.NotFound;
        return Document.Of(shown, HotCatalog.TopicOf(known), shown.Version, at.Version, shown.Language, link: null);
    }

    const string ById = "SELECT id FROM catalog.products WHERE id = $1 AND status = 'active'";

    const string BySlug = "SELECT id FROM catalog.products WHERE slug = $1 AND status = 'active'";
}
