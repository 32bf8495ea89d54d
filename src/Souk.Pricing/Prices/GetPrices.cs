namespace Souk.Pricing.Prices;

/// <summary><c>GET /v1/admin/prices/{variantId}</c>: a variant's list prices, one for each currency, with the ETag that changing them needs.</summary>
internal static class GetPrices
{
    /// <param name="Version">Counts every change of any of the prices.</param>
    public sealed record VariantPrices(VariantId VariantId, IReadOnlyList<Money> Prices, int Version);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/admin/prices/{variantId}", Handle).ForStaff(Permission.PricesRead).WithName(nameof(GetPrices));

    static async Task<Results<Ok<VariantPrices>, StatusCodeHttpResult, Error>> Handle(
        VariantId variantId, HttpContext http, NpgsqlDataSource db, CancellationToken cancel)
    {
        await using var connection = await db.OpenConnectionAsync(cancel);
        if (await ReadAsync(connection, variantId, cancel) is not { } prices) return PriceErrors.NotFound;
        http.Response.Headers.CacheControl = "private, no-store";
        if (ETag.Matches(http, prices.Version)) return TypedResults.StatusCode(304);
        return TypedResults.Ok(prices);
    }

    internal static async Task<VariantPrices?> ReadAsync(NpgsqlConnection connection, VariantId variantId, CancellationToken cancel)
    {
        var rows = await connection.QueryAsync(Read,
            static row => (Version: row.GetInt32(0), Price: new Money(row.GetInt64(1), row.GetString(2))), [variantId.Value], cancel);
        return rows.Count == 0 ? null : new(variantId, [.. rows.Select(r => r.Price)], rows[0].Version);
    }

    const string Read = """
        SELECT v.version, p.amount, p.currency
        FROM pricing.priced_variants v JOIN pricing.list_prices p USING (variant_id)
        WHERE v.variant_id = $1
        ORDER BY p.currency
        """;
}
