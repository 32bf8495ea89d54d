using Microsoft.AspNetCore.Mvc;
using Souk.Ordering.Guests;
using Souk.Platform;
using Souk.Platform.Pagination;

namespace Souk.Ordering.Orders;

/// <summary><c>GET /v1/orders</c>: one's own orders, newest first, those claimed among them, at the same cost for any page; guests send <c>Souk-Order-Token</c>.</summary>
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

        var guests = customer == caller.AccountId ? await db.QueryAsync(Guests, static row => row.GetGuid(0), [customer], cancel) : [];
        var rows = guests.Count == 0 ? await db.QueryAsync(start.Backward ? Newer : Older, StoredOrder.Read, [customer, start.Key?.Id, start.Limit + 1], cancel)
            : await db.QueryAsync(start.Backward ? NewerOfAll : OlderOfAll, StoredOrder.Read, [guests.Append(customer).ToArray(), start.Key?.Id, start.Limit + 1], cancel);
        var orders = new List<Order>(rows.Count);
        foreach (var row in rows) orders.Add(await row.ShowAsync(people, cancel));
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Ok(page.Answer(start, list, orders, static order => new Key(order.Id.Value), static order => order));
    }

    const string Guests = "SELECT guest_id FROM ordering.customer_aliases WHERE account_id = $1";

    const string Older = $"""
        SELECT {StoredOrder.Columns} FROM ordering.orders o
        WHERE o.customer_id = $1 AND o.id < coalesce($2, {Keyset.Last}) ORDER BY o.id DESC LIMIT $3
        """;

    const string Newer = $"""
        SELECT {StoredOrder.Columns} FROM ordering.orders o
        WHERE o.customer_id = $1 AND o.id > coalesce($2, {Keyset.First}) ORDER BY o.id LIMIT $3
        """;

    // Of somebody who was a guest too: what these ordered is merged and sorted, which are few.
    const string OlderOfAll = $"""
        SELECT {StoredOrder.Columns} FROM ordering.orders o
        WHERE o.customer_id = ANY($1) AND o.id < coalesce($2, {Keyset.Last}) ORDER BY o.id DESC LIMIT $3
        """;

    const string NewerOfAll = $"""
        SELECT {StoredOrder.Columns} FROM ordering.orders o
        WHERE o.customer_id = ANY($1) AND o.id > coalesce($2, {Keyset.First}) ORDER BY o.id LIMIT $3
        """;
}
