using Souk.Platform.Pagination;

namespace Souk.Ordering.Carts;

/// <summary>
/// <c>GET /v1/carts</c>: the open carts of the signed-in account, newest first, so that a shopper finds theirs again on another device. Says what a
/// cart is, not what it costs: read the one that is wanted.
/// </summary>
internal static class ListCarts
{
    const string List = "carts";

    /// <param name="LineCount">Variants in it.</param>
    /// <param name="Quantity">Units in it.</param>
    public sealed record Item(CartId Id, string Currency, int LineCount, long Quantity, int Version, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

    sealed record Key(Guid Id);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/carts", Handle).ForSignedIn().WithName(nameof(ListCarts));

    static async Task<Results<Ok<Page<Item>>, Error>> Handle(Caller caller, PageRequest page, NpgsqlDataSource db, HttpContext http, CancellationToken cancel)
    {
        if (QueryMembers.RefuseOthers(http, "limit", "cursor") is { } unknown) return unknown;
        if (page.From<Key>(List).Refused(out var error, out var start)) return error;
        var rows = await db.QueryAsync(start.Backward ? Newer : Older, static row => new Item(new(row.GetGuid(0)), row.GetString(1), row.GetInt32(2), row.GetInt64(3),
            row.GetInt32(4), row.GetFieldValue<DateTimeOffset>(5), row.GetFieldValue<DateTimeOffset>(6)), [caller.RequiredAccountId, start.Key?.Id, start.Limit + 1], cancel);
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Ok(page.Answer(start, List, rows, static row => new Key(row.Id.Value), static row => row));
    }

    const string Columns = """
        c.id, c.currency,
        (SELECT count(*)::int FROM ordering.cart_lines l WHERE l.customer_id = $1 AND l.cart_id = c.id),
        (SELECT coalesce(sum(l.quantity), 0) FROM ordering.cart_lines l WHERE l.customer_id = $1 AND l.cart_id = c.id),
        c.version, c.created_at, c.updated_at
        """;

    const string Older = $"""
        SELECT {Columns} FROM ordering.carts c
        WHERE c.customer_id = $1 AND c.ordered_as IS NULL AND c.id < coalesce($2, {Keyset.Last})
        ORDER BY c.id DESC LIMIT $3
        """;

    const string Newer = $"""
        SELECT {Columns} FROM ordering.carts c
        WHERE c.customer_id = $1 AND c.ordered_as IS NULL AND c.id > coalesce($2, {Keyset.First})
        ORDER BY c.id LIMIT $3
        """;
}
