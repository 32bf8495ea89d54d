using System.Text.Json;
using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Mvc;
using Souk.Ordering.Guests;
using Souk.Platform;

namespace Souk.Ordering.Orders;

/// <summary>
/// <c>POST /v1/orders/{id}/cancellation</c> <c>{reason?}</c>: ends an unpaid order at the customer's wish; its stock is free again. Cancelling it again
/// answers the same.
/// </summary>
internal static class CancelOrder
{
    public static readonly IReadOnlyList<string> Reasons = ["mistake", "price", "delivery_time", "other"];

    public sealed record Request([AllowedValues("mistake", "price", "delivery_time", "other")] string? Reason);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/orders/{id}/cancellation", Handle).ForEveryone().WithName(nameof(CancelOrder));

    static async Task<Results<Created<Order>, Error>> Handle(OrderId id, Request request, Caller caller, [FromHeader(Name = GuestTokens.OrderHeader)] string? orderToken,
        OrderReads orders, NpgsqlDataSource db, PersonalData people, OrderingOptions options, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        if (Refuse(request) is { } invalid) return invalid;
        if (await orders.FindOwnAsync(caller.AccountId, orderToken, id, cancel) is not { CustomerId: var customer }) return OrderErrors.NotFound;

        await using (var connection = await db.OpenConnectionAsync(cancel))
        await using (var transaction = await connection.BeginTransactionAsync(cancel))
        {
            if (await connection.QueryFirstAsync(Lock, static row => (Status: row.GetString(0), Lines: row.GetFieldValue<byte[]>(1), Version: row.GetInt32(2)),
                [customer, id.Value], cancel) is not { Status: { } status } order) return OrderErrors.NotFound;
            if (status != OrderStatus.Cancelled)
            {
                if (!OrderStatus.MayBecome(status, OrderStatus.Cancelled)) return OrderErrors.NotCancellable(status);
                await CloseOrders.RunAsync(connection, [new(customer, id, JsonSerializer.Deserialize<IReadOnlyList<StoredOrder.Line>>(order.Lines, Json.Stored)!, order.Version)],
                    OrderStatus.Cancelled, caller.AccountId, request.Reason, options, clock.GetUtcNow(), cancel);
                await transaction.CommitAsync(cancel);
            }
        }
        var closed = (await orders.FindAsync(customer, id, cancel))!;
        ETag.Set(http, closed.Version);
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Created($"/v1/orders/{id}", await closed.ShowAsync(people, cancel));
    }

    internal static Error? Refuse(Request request) => request.Reason is null || Reasons.Contains(request.Reason) ? null
        : Error.Invalid("/reason", $"A reason is one of {string.Join(", ", Reasons)}, or absent.");

    const string Lock = "SELECT status, lines, version FROM ordering.orders WHERE customer_id = $1 AND id = $2 FOR NO KEY UPDATE";
}
