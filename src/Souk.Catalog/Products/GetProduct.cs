namespace Souk.Catalog.Products;

/// <summary>
/// <c>GET /v1/products/{id or slug}</c>: one product with the variants that are on sale. Its strong ETag changes with everything that is shown, price and
/// stock state included.
/// </summary>
internal static class GetProduct
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/products/{product}", Handle).ForEveryone().WithName(nameof(GetProduct));

    static async Task<Results<Ok<Product>, StatusCodeHttpResult, Error>> Handle(
        string product, HttpContext http, NpgsqlDataSource db, CancellationToken cancel)
    {
        var isId = ProductId.TryRead(product, out var id);
        if (!isId && !Slugs.Possible(product)) return ProductErrors.NotFound;

        await using var connection = await db.OpenConnectionAsync(cancel);
        var (found, version) = await connection.QueryFirstAsync(isId ? ById : BySlug,
            static row => (row.GetGuid(0), row.GetInt32(1)), [isId ? id.Value : product], cancel);
        if (version == 0) return ProductErrors.NotFound;
        http.Response.Headers.CacheControl = ListProducts.CacheControl;
        if (ETag.Matches(http, version)) return TypedResults.StatusCode(304);

        // Archived since the first look: gone for shoppers.
        if (await ReadProducts.ReadAsync(connection, [found], cancel) is not [var shown]) return ProductErrors.NotFound;
        ETag.Set(http, shown.Version);
        return TypedResults.Ok(shown);
    }

    const string ById = "SELECT id, version FROM catalog.products WHERE id = $1 AND status = 'active'";

    const string BySlug = "SELECT id, version FROM catalog.products WHERE slug = $1 AND status = 'active'";
}
