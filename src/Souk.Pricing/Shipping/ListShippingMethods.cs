using Souk.Contracts;
using Souk.Platform.Pagination;

namespace Souk.Pricing.Shipping;

/// <summary><c>GET /v1/shipping-methods</c>: the ways a parcel can travel, by code.</summary>
internal static class ListShippingMethods
{
    const string List = "shipping-methods";

    sealed record Key(string Code, string Currency);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/shipping-methods", Handle).ForEveryone().WithName(nameof(ListShippingMethods));

    static async Task<Results<Ok<Page<ShippingMethod>>, Error>> Handle(HttpContext http, PageRequest page, NpgsqlDataSource db, CancellationToken cancel)
    {
        if (QueryMembers.RefuseOthers(http, "limit", "cursor") is { } unknown) return unknown;
        if (page.From<Key>(List).Refused(out var error, out var start)) return error;
        var rows = await db.QueryAsync(start.Backward ? Backward : Forward, static row => new ShippingMethod(row.GetString(0), row.GetString(1),
            new(row.GetInt64(2), row.GetString(4)), new(row.GetInt64(3), row.GetString(4))), [start.Key?.Code ?? "", start.Key?.Currency ?? "", start.Limit + 1], cancel);
        http.Response.Headers.CacheControl = "public, max-age=60, stale-while-revalidate=600";
        return TypedResults.Ok(page.Answer(start, List, rows, static row => new Key(row.Code, row.Base.Currency), static row => row));
    }

    const string Forward = """
        SELECT code, name, base, per_kg, currency FROM pricing.shipping_methods
        WHERE (code, currency) > ($1, $2::bpchar) ORDER BY code, currency LIMIT $3
        """;

    const string Backward = """
        SELECT code, name, base, per_kg, currency FROM pricing.shipping_methods
        WHERE (code, currency) < ($1, $2::bpchar) ORDER BY code DESC, currency DESC LIMIT $3
        """;
}
