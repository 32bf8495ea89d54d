using Microsoft.AspNetCore.Mvc;
using Souk.Contracts;

namespace Souk.Payments.Payments;

/// <summary><c>GET /v1/orders/{id}/payments/{paymentId}</c>: one payment of one's own order, however it ended. A guest sends <c>Souk-Order-Token</c>.</summary>
internal static class ReadPayment
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/orders/{id}/payments/{paymentId}", Handle).ForEveryone().WithName(nameof(ReadPayment));

    static async Task<Results<Ok<PaymentAnswer>, StatusCodeHttpResult, Error>> Handle(OrderId id, PaymentId paymentId, Caller caller,
        [FromHeader(Name = PayOrder.OrderTokenHeader)] string? orderToken, HttpContext http,
        NpgsqlDataSource db, [FromServices] IOrdering ordering, CancellationToken cancel)
    {
        if ((await ordering.CustomerOfOrderAsync(id, new Payer(caller.AccountId, orderToken), cancel)).Refused(out var error, out var customerId)) return error;
        if (await Payment.FindAsync(db, customerId, paymentId, cancel) is not { } payment || payment.OrderId != id) return PaymentErrors.NotFound;
        http.Response.Headers.CacheControl = "private, no-store";
        return ETag.Matches(http, payment.Told.Version) ? TypedResults.StatusCode(304) : TypedResults.Ok(payment.Show());
    }
}
