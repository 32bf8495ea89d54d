using Microsoft.AspNetCore.Mvc;
using Souk.Ordering.Guests;
using Souk.Platform;

namespace Souk.Ordering.Orders;

/// <summary><c>GET /v1/orders/{id}</c>: one's own order, also one claimed; guests send <c>Souk-Order-Token</c>. A stranger's is a 404.</summary>
internal static class ReadOrder
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/orders/{id}", Handle).ForEveryone().WithName(nameof(ReadOrder));

    static async Task<Results<Ok<Order>, StatusCodeHttpResult, Error>> Handle(OrderId id, Caller caller, [FromHeader(Name = GuestTokens.OrderHeader)] string? orderToken,
        OrderReads orders, PersonalData people, HttpContext http, CancellationToken cancel)
    {
        if (await orders.FindOwnAsync(caller.AccountId, orderToken, id, cancel) is not { } order) return OrderErrors.NotFound;
        http.Response.Headers.CacheControl = "private, no-store";
        if (ETag.Matches(http, order.Version)) return TypedResults.StatusCode(StatusCodes.Status304NotModified);
        return TypedResults.Ok(await order.ShowAsync(people, cancel));
    }
}
