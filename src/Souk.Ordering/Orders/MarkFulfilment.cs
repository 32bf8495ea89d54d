using System.ComponentModel.DataAnnotations;
using Souk.Contracts;
using Souk.Ordering.Addresses;
using Souk.Ordering.Inventory;
using Souk.Platform;
using Souk.Platform.Outbox;

namespace Souk.Ordering.Orders;

/// <summary>
/// <c>POST /v1/admin/orders/{id}/fulfilment</c> <c>{status}</c>: what has been done for a paid order, by staff: <c>packed</c>, <c>shipped</c>, <c>delivered</c>.
/// It only goes forward; marking the same again answers the same. The customer is told. With <c>shipped</c> (or <c>delivered</c> at once) its units leave the
/// shelf, at the locations that <c>Ordering:Allocation</c> says, in the same transaction.
/// </summary>
/// <remarks>Refusals, in this order: 422 for the status, 404, 409 <c>order_not_paid</c>, 409 <c>order_fulfilled_further</c>, 409 <c>not_on_shelf</c>.</remarks>
internal static class MarkFulfilment
{
    /// <summary>In the order in which they happen.</summary>
    public static readonly IReadOnlyList<string> Steps = [Unfulfilled, "packed", "shipped", "delivered"];

    public const string Unfulfilled = "unfulfilled";

    public sealed record Request([Required, AllowedValues("packed", "shipped", "delivered")] string? Status);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/admin/orders/{id}/fulfilment", Handle).ForStaff(Permission.OrdersWrite).WithName(nameof(MarkFulfilment));

    static async Task<Results<Ok<Order>, Error>> Handle(OrderId id, Request request, Caller caller, NpgsqlDataSource db, PersonalData people, IAllocation allocation,
        OrderingOptions options, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        if (Refuse(request) is { } invalid) return invalid;
        if (await StoredOrder.FindAnyAsync(db, id, cancel) is not { } order) return OrderErrors.NotFound;
        // Before anything is locked: where it goes never changes.
        var to = await order.ShippingAddressAsync(people, cancel);
        if (await MarkAsync(db, order, request.Status!, to, caller.ActorId, allocation, options, clock.GetUtcNow(), cancel) is { } refused) return refused;
        order = (await StoredOrder.FindAnyAsync(db, id, cancel))!;
        ETag.Set(http, order.Version);
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Ok(await order.ShowAsync(people, cancel));
    }

    static async Task<Error?> MarkAsync(NpgsqlDataSource db, StoredOrder order, string status, Address? to, Guid actor, IAllocation allocation, OrderingOptions options,
        DateTimeOffset now, CancellationToken cancel)
    {
        await using var connection = await db.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var (stands, was, isOffShelf) = await connection.QueryFirstAsync(Lock, static row => (row.GetString(0), row.GetString(1), row.GetBoolean(2)), [order.CustomerId, order.Id.Value], cancel);
        if (RefuseStep(stands, was, status) is { } refused) return refused;
        if (was == status) return null;
        var leavesShelf = !isOffShelf && LeavesShelf(status);
        if (leavesShelf && await TakeOffShelf.RunAsync(connection, order, to, allocation, actor, options, now, cancel) is { } missing) return missing;
        await connection.ExecuteAsync(Mark, [order.CustomerId, order.Id.Value, status, was, actor, now,
            Sql.Jsonb(new OrderFulfilmentChanged(order.Id, order.CustomerId, status)), leavesShelf], cancel);
        await transaction.CommitAsync(cancel);
        return null;
    }

    /// <summary>What is shipped is no longer on the shelf, also when the step was passed over.</summary>
    static bool LeavesShelf(string status) => status is "shipped" or "delivered";

    /// <summary>Why an order that stands here cannot be marked so, in this order: it is not paid, it is further already.</summary>
    internal static Error? RefuseStep(string status, string was, string step) => status != OrderStatus.Paid ? OrderErrors.NotPaid
        : Place(was) > Place(step) ? OrderErrors.FulfilledFurther(was) : null;

    static int Place(string step) => Steps.TakeWhile(s => s != step).Count();

    internal static Error? Refuse(Request request) => Steps.Skip(1).Contains(request.Status) ? null
        : Error.Invalid("/status", $"A status is one of {string.Join(", ", Steps.Skip(1))}.");

    const string Lock = "SELECT status, fulfilment_status, off_shelf FROM ordering.orders WHERE customer_id = $1 AND id = $2 FOR NO KEY UPDATE";

    const string Mark = $"""
        WITH marked AS (
            UPDATE ordering.orders SET fulfilment_status = $3, off_shelf = off_shelf OR $8, version = version + 1
            WHERE customer_id = $1 AND id = $2
            RETURNING version
        ), remembered AS (
            INSERT INTO ordering.order_changes (customer_id, order_id, version, status_from, status_to, actor_id, changed_at)
            SELECT $1, $2, version, $4, $3, $5, $6 FROM marked
        )
        {Outbox.AppendFrom}
        SELECT 'order.fulfilment_changed', $2, version, $6, $7::jsonb FROM marked
        """;
}
