using Souk.Contracts;
using Souk.Platform;

namespace Souk.Ordering.Orders;

/// <summary><c>GET /v1/admin/orders/{id}</c>: an order of anyone, with what happened to it, for staff.</summary>
internal static class ReadAnyOrder
{
    /// <param name="Changes">Oldest first; that it was placed, the order says itself.</param>
    internal sealed record SaleInDetail(AccountId CustomerId, Order Order, IReadOnlyList<Change> Changes);

    /// <param name="ActorId">The account that asked for it; absent for an API key, a guest, a payment or the clock.</param>
    /// <param name="ApiKeyId">The API key that asked for it.</param>
    internal sealed record Change(string From, string To, AccountId? ActorId, string? Reason, DateTimeOffset ChangedAt, ApiKeyId? ApiKeyId);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/admin/orders/{id}", Handle).ForStaff(Permission.OrdersRead).WithName(nameof(ReadAnyOrder));

    static async Task<Results<Ok<SaleInDetail>, Error>> Handle(OrderId id, NpgsqlDataSource db, PersonalData people, HttpContext http, CancellationToken cancel)
    {
        if (await StoredOrder.FindAnyAsync(db, id, cancel) is not { } order) return OrderErrors.NotFound;
        var changes = await ChangesAsync(db, order, cancel);
        ETag.Set(http, order.Version);
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Ok(new SaleInDetail(new(order.CustomerId), await order.ShowAsync(people, cancel), changes));
    }

    /// <summary>What became of it after it was placed, oldest first.</summary>
    internal static async Task<IReadOnlyList<Change>> ChangesAsync(NpgsqlDataSource db, StoredOrder order, CancellationToken cancel) =>
        await db.QueryAsync(Changes, static row => new Change(row.GetString(0), row.GetString(1),
            Actor.AccountOf(row.Nullable<Guid>(2)), row.NullableString(3), row.GetFieldValue<DateTimeOffset>(4), Actor.ApiKeyOf(row.Nullable<Guid>(2))), [order.CustomerId, order.Id.Value], cancel);

    const string Changes = """
        SELECT status_from, status_to, actor_id, reason, changed_at FROM ordering.order_changes WHERE customer_id = $1 AND order_id = $2 ORDER BY version
        """;
}
