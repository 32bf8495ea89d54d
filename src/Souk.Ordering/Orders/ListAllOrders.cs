using System.ComponentModel;
using Souk.Platform;
using Souk.Platform.Pagination;

namespace Souk.Ordering.Orders;

/// <summary><c>GET /v1/admin/orders</c>: orders of everyone, newest first, for staff; <c>?number=</c> finds the one of that number, in any spelling.</summary>
internal static class ListAllOrders
{
    /// <param name="CustomerId">The account, or the guest, as <c>usr_…</c>.</param>
    internal sealed record Sale(AccountId CustomerId, Order Order);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/admin/orders", Handle).ForStaff(Permission.OrdersRead).WithName(nameof(ListAllOrders));

    static async Task<Results<Ok<Page<Sale>>, Error>> Handle(PageRequest page,
        [Description("Finds the one of this number, in any spelling.")] string? number, NpgsqlDataSource db, PersonalData people, HttpContext http,
        CancellationToken cancel)
    {
        if (QueryMembers.RefuseOthers(http, "number", "limit", "cursor") is { } unknown) return unknown;
        // What is no number belongs to no order.
        var only = number is null ? null : OrderNumbers.Normalise(number) ?? "";
        var list = $"all orders {only}";
        if (page.From<ListOrders.Key>(list).Refused(out var error, out var start)) return error;

        var rows = only is not null ? await db.QueryAsync(OfNumber, StoredOrder.Read, [only, start.Limit + 1], cancel)
            : await db.QueryAsync(start.Backward ? Newer : Older, StoredOrder.Read, [start.Key?.Id, start.Limit + 1], cancel);
        var sales = new List<Sale>(rows.Count);
        foreach (var row in rows) sales.Add(new(new(row.CustomerId), await row.ShowAsync(people, cancel)));
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Ok(page.Answer(start, list, sales, static sale => new ListOrders.Key(sale.Order.Id.Value), static sale => sale));
    }

    const string Older = $"SELECT {StoredOrder.Columns} FROM ordering.orders o WHERE o.id < coalesce($1, {Keyset.Last}) ORDER BY o.id DESC LIMIT $2";

    const string Newer = $"SELECT {StoredOrder.Columns} FROM ordering.orders o WHERE o.id > coalesce($1, {Keyset.First}) ORDER BY o.id LIMIT $2";

    const string OfNumber = $"SELECT {StoredOrder.Columns} FROM ordering.orders o WHERE o.number = $1 ORDER BY o.id DESC LIMIT $2";
}
