using Souk.Platform.Pagination;

namespace Souk.Catalog.Products;

/// <summary><c>GET /v1/products/{id or slug}/reviews</c>: what buyers wrote about a product, the latest first.</summary>
internal static class ListReviews
{
    /// <param name="Author">The name it was published under.</param>
    /// <param name="Rating">1 to 5.</param>
    public sealed record Review(ReviewId Id, VariantId VariantId, string Author, int Rating, string Text, DateTimeOffset WrittenAt);

    /// <param name="Ticks">Whole, where a written time would lose its microseconds.</param>
    sealed record Key(long Ticks, Guid Id);

    static readonly Key Latest = new(new DateTime(9999, 1, 1).Ticks, Guid.AllBitsSet);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/products/{product}/reviews", Handle).ForEveryone().WithName(nameof(ListReviews));

    static async Task<Results<Ok<Page<Review>>, Error>> Handle(string product, HttpContext http, PageRequest page, NpgsqlDataSource db, CancellationToken cancel)
    {
        if (QueryMembers.RefuseOthers(http, "limit", "cursor") is { } unknown) return unknown;
        var isId = ProductId.TryRead(product, out var id);
        if (!isId && !Slugs.Possible(product)) return ProductErrors.NotFound;

        await using var connection = await db.OpenConnectionAsync(cancel);
        var found = await connection.QueryFirstAsync(isId ? ById : BySlug, static row => (Guid?)row.GetGuid(0), [isId ? id.Value : product], cancel);
        if (found is null) return ProductErrors.NotFound;
        var list = $"reviews {found}";
        if (page.From<Key>(list).Refused(out var error, out var start)) return error;
        var key = start.Key ?? Latest;
        var rows = await connection.QueryAsync(start.Backward ? Later : Earlier, static row => new Review(new(row.GetGuid(0)), new(row.GetGuid(1)), row.GetString(2),
            row.GetInt32(3), row.GetString(4), row.GetFieldValue<DateTimeOffset>(5)), [found, new DateTimeOffset(key.Ticks, TimeSpan.Zero), key.Id, start.Limit + 1], cancel);
        http.Response.Headers.CacheControl = "public, max-age=60, stale-while-revalidate=600";
        return TypedResults.Ok(page.Answer(start, list, rows, static r => new Key(r.WrittenAt.UtcTicks, r.Id.Value), static r => r));
    }

    const string ById = "SELECT id FROM catalog.products WHERE id = $1 AND status = 'active'";

    const string BySlug = "SELECT id FROM catalog.products WHERE slug = $1 AND status = 'active'";

    const string Earlier = """
        SELECT id, variant_id, author, rating, text, written_at FROM catalog.reviews
        WHERE product_id = $1 AND (written_at, id) < ($2, $3) ORDER BY written_at DESC, id DESC LIMIT $4
        """;

    const string Later = """
        SELECT id, variant_id, author, rating, text, written_at FROM catalog.reviews
        WHERE product_id = $1 AND (written_at, id) > ($2, $3) ORDER BY written_at, id LIMIT $4
        """;
}
