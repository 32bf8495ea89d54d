namespace Souk.Ordering.Orders;

/// <summary><c>GET /v1/admin/orders/{id}/timeline</c>: what happened to an order of anyone, with who did it and what left which shelf; for staff.</summary>
internal static class ReadAnyTimeline
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/admin/orders/{id}/timeline", Handle).ForStaff(Permission.OrdersRead).WithName(nameof(ReadAnyTimeline));

    static async Task<Results<Ok<ReadTimeline.Timeline>, Error>> Handle(OrderId id, NpgsqlDataSource db, HttpContext http, CancellationToken cancel)
    {
        if (await StoredOrder.FindAnyAsync(db, id, cancel) is not { } order) return OrderErrors.NotFound;
        var changes = await ReadAnyOrder.ChangesAsync(db, order, cancel);
        var taken = await db.QueryAsync(Taken, static row => new ReadTimeline.Units(new(row.GetGuid(0)), new(row.GetGuid(1)), row.GetInt32(2)), [id.Value], cancel);
        var entries = ReadTimeline.Tell(order, changes).ToList();
        // Units leave with the first step that ships: a delivery may pass over it.
        var leaves = entries.FindIndex(e => e.What is "shipped" or "delivered");
        if (leaves >= 0 && taken.Count > 0) entries[leaves] = entries[leaves] with { Taken = taken };
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Ok(new ReadTimeline.Timeline(id, order.Number, entries));
    }

    const string Taken = "SELECT variant_id, location_id, -delta FROM ordering.stock_movements WHERE order_id = $1 ORDER BY variant_id, location_id";
}
