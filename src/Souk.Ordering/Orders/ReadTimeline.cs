using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Mvc;
using Souk.Ordering.Guests;

namespace Souk.Ordering.Orders;

/// <summary><c>GET /v1/orders/{id}/timeline</c>: what happened to one's own order, oldest first. Staff read more of it: <see cref="ReadAnyTimeline"/>.</summary>
internal static class ReadTimeline
{
    /// <param name="Entries">Oldest first; an order has few, so there are no pages.</param>
    public sealed record Timeline(OrderId OrderId, string Number, IReadOnlyList<Entry> Entries);

    /// <param name="By">Who did it: the customer, the shop's staff, a payment, or the clock.</param>
    /// <param name="Reason">Why it was cancelled, where the customer said so.</param>
    /// <param name="PaymentId">The payment that paid it.</param>
    /// <param name="ActorId">The account that did it; only for staff.</param>
    /// <param name="ApiKeyId">The API key that did it; only for staff.</param>
    /// <param name="Taken">What left which shelf; only for staff.</param>
    public sealed record Entry(DateTimeOffset At, [AllowedValues("placed", "paid", "cancelled", "expired", "packed", "shipped", "delivered")] string What,
        [AllowedValues("customer", "shop", "payment", "clock")] string By, string? Reason = null, PaymentId? PaymentId = null, AccountId? ActorId = null,
        IReadOnlyList<Units>? Taken = null, ApiKeyId? ApiKeyId = null);

    public sealed record Units(VariantId VariantId, LocationId LocationId, int Quantity);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/orders/{id}/timeline", Handle).ForEveryone().WithName(nameof(ReadTimeline));

    static async Task<Results<Ok<Timeline>, StatusCodeHttpResult, Error>> Handle(OrderId id, Caller caller, [FromHeader(Name = GuestTokens.OrderHeader)] string? orderToken,
        OrderReads orders, NpgsqlDataSource db, HttpContext http, CancellationToken cancel)
    {
        if (await orders.FindOwnAsync(caller.AccountId, orderToken, id, cancel) is not { } order) return OrderErrors.NotFound;
        http.Response.Headers.CacheControl = "private, no-store";
        // Each entry after the first is a version of the order.
        if (ETag.Matches(http, order.Version)) return TypedResults.StatusCode(StatusCodes.Status304NotModified);
        var changes = await ReadAnyOrder.ChangesAsync(db, order, cancel);
        return TypedResults.Ok(new Timeline(id, order.Number, [.. Tell(order, changes).Select(e => e with { ActorId = null, ApiKeyId = null })]));
    }

    /// <summary>The story that the rows tell. Pure.</summary>
    internal static IEnumerable<Entry> Tell(StoredOrder order, IReadOnlyList<ReadAnyOrder.Change> changes) =>
        changes.Select(change => new Entry(change.ChangedAt, change.To, ByOf(change.To), change.Reason, change.To == OrderStatus.Paid ? order.PaymentId : null, change.ActorId,
                ApiKeyId: change.ApiKeyId))
            .Prepend(new(order.PlacedAt, OrderStatus.Placed, "customer"));

    static string ByOf(string step) => step switch
    {
        OrderStatus.Paid => "payment",
        OrderStatus.Expired => "clock",
        OrderStatus.Cancelled => "customer",
        _ => "shop",
    };
}
