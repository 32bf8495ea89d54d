using Microsoft.AspNetCore.Mvc;
using Souk.Ordering.Guests;
using Souk.Platform;
using Souk.Platform.Pagination;

namespace Souk.Ordering.Orders;

/// <summary><c>GET /v1/orders</c>: one's own orders, newest first, at the same cost for any page; guests send <c>Souk-Order-Token</c>.</summary>
internal static class ListOrders
{
    internal sealed record Key(Guid Id);

    static readonly Error NotSignedIn = new(401, "not_signed_in", $"Sign in, or send the orderToken of an order as {GuestTokens.OrderHeader}, to see your orders.");

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/orders", Handle).ForEveryone().WithName(nameof(ListOrders));

    static async Task<Results<Ok<Page<Order>>, Error>> Handle(PageRequest page, Caller caller, [FromHeader(Name = GuestTokens.OrderHeader)] string? orderToken,
        GuestTokens tokens, NpgsqlDataSource db, PersonalData people, HttpContext http, CancellationToken cancel)
    {
        if (QueryMembers.RefuseOthers(http, "limit", "cursor") is { } unknown) return unknown;
        if (StoredOrder.CustomerOf(caller.AccountId, orderToken, tokens) is not { } customer) return NotSignedIn;
        var list = $"orders {customer}";
        if (page.From<Key>(list).Refused(out var error, out var start)) return error;

        var rows = await db.QueryAsync(start.Backward ? Newer : Older, StoredOrder.Read, [customer, start.Key?.Id, start.Limit + 1], cancel);
        var orders = new List<Order>(rows.Count);
        foreach (var row in rows) orders.Add(await row.ShowAsync(people, cancel));
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Ok(page.Answer(start, list, orders, static order => new Key(order.Id.Value), static order => order));
    }

    const string Older = $"""
        SELECT {StoredOrder.Columns} FROM ordering.orders o
        WHERE o.customer_id = $1 AND o.id < coalesce($2, {Keyset.Last}) ORDER BY o.id DESC LIMIT $3
        """;

    const string Newer = $"""
        SELECT {StoredOrder.Columns} FROM ordering.orders o
        WHERE o.customer_id = $1 AND o.id > coalesce($2, {Keyset.First}) ORDER BY o.id LIMIT $3
        """;
}
