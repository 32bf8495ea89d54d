using System.ComponentModel.DataAnnotations;
using Souk.Contracts;
using Souk.Platform;
using Souk.Platform.Outbox;

namespace Souk.Ordering.Orders;

/// <summary>
/// <c>POST /v1/admin/orders/{id}/fulfilment</c> <c>{status}</c>: what has been done for a paid order, by staff: <c>packed</c>, <c>shipped</c>, <c>delivered</c>.
/// It only goes forward; marking the same again answers the same. The customer is told.
/// </summary>
internal static class MarkFulfilment
{
    /// <summary>In the order in which they happen.</summary>
    public static readonly IReadOnlyList<string> Steps = [Unfulfilled, "packed", "shipped", "delivered"];

    public const string Unfulfilled = "unfulfilled";

    public sealed record Request([Required, AllowedValues("packed", "shipped", "delivered")] string? Status);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/admin/orders/{id}/fulfilment", Handle).ForStaff().WithName(nameof(MarkFulfilment));

    static async Task<Results<Ok<Order>, Error>> Handle(OrderId id, Request request, Caller caller, NpgsqlDataSource db, PersonalData people, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        if (Refuse(request) is { } invalid) return invalid;
        var status = request.Status!;
        if (await StoredOrder.FindAnyAsync(db, id, cancel) is not { } order) return OrderErrors.NotFound;
        string[] earlier = [.. Steps.TakeWhile(step => step != status)];
        var marked = await db.QueryFirstAsync(Mark, static row => row.GetInt32(0), [order.CustomerId, id.Value, status, earlier, caller.RequiredAccountId, clock.GetUtcNow(),
            Sql.Jsonb(new OrderFulfilmentChanged(id, order.CustomerId, status))], cancel);
        order = (await StoredOrder.FindAnyAsync(db, id, cancel))!;
        if (marked == 0 && order.Status != OrderStatus.Paid) return OrderErrors.NotPaid;
        if (marked == 0 && order.Fulfilment != status) return OrderErrors.FulfilledFurther(order.Fulfilment);
        ETag.Set(http, order.Version);
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Ok(await order.ShowAsync(people, cancel));
    }

    internal static Error? Refuse(Request request) => Steps.Skip(1).Contains(request.Status) ? null
        : Error.Invalid("/status", $"A status is one of {string.Join(", ", Steps.Skip(1))}.");

    const string Mark = $"""
        WITH locked AS (
            SELECT customer_id, id, fulfilment_status AS was FROM ordering.orders
            WHERE customer_id = $1 AND id = $2 AND status = 'paid' AND fulfilment_status = ANY($4) FOR NO KEY UPDATE
        ), marked AS (
            UPDATE ordering.orders o SET fulfilment_status = $3, version = o.version + 1
            FROM locked l WHERE o.customer_id = l.customer_id AND o.id = l.id
            RETURNING o.version, l.was
        ), remembered AS (
            INSERT INTO ordering.order_changes (customer_id, order_id, version, status_from, status_to, actor_id, changed_at)
            SELECT $1, $2, version, was, $3, $5, $6 FROM marked
        ), told AS (
            {Outbox.AppendFrom}
            SELECT 'order.fulfilment_changed', $2, version, $6, $7::jsonb FROM marked
        )
        SELECT version FROM marked
        """;
}
