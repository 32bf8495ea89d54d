using Microsoft.AspNetCore.Mvc;
using Souk.Contracts;
using Souk.Platform.Pagination;

namespace Souk.Payments.Payments;

/// <summary><c>GET /v1/orders/{id}/payments?limit=&amp;cursor=</c>: every try to pay one's own order, newest first. A guest sends <c>Souk-Order-Token</c>.</summary>
internal static class ListPayments
{
    sealed record Key(Guid Id);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/orders/{id}/payments", Handle).ForEveryone().WithName(nameof(ListPayments));

    static async Task<Results<Ok<Page<PaymentAnswer>>, Error>> Handle(OrderId id, PageRequest page, Caller caller,
        [FromHeader(Name = PayOrder.OrderTokenHeader)] string? orderToken, HttpContext http, NpgsqlDataSource db,
        [FromServices] IOrdering ordering, CancellationToken cancel)
    {
        if (QueryMembers.RefuseOthers(http, "limit", "cursor") is { } unknown) return unknown;
        var list = $"payments of {id}";
        if (page.From<Key>(list).Refused(out var error, out var start)) return error;
        if ((await ordering.CustomerOfOrderAsync(id, new Payer(caller.AccountId, orderToken), cancel)).Refused(out error, out var customerId)) return error;

        var rows = await db.QueryAsync(start.Backward ? Newer : Older, Payment.Read, [customerId, id.Value, start.Limit + 1, start.Key?.Id], cancel);
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Ok(page.Answer(start, list, rows, static payment => new Key(payment.Id.Value), static payment => payment.Show()));
    }

    const string Older = $"""
        SELECT {Payment.Columns} FROM payments.payments
        WHERE customer_id = $1 AND order_id = $2 AND id < coalesce($4, {Keyset.Last})
        ORDER BY id DESC LIMIT $3
        """;

    const string Newer = $"""
        SELECT {Payment.Columns} FROM payments.payments
        WHERE customer_id = $1 AND order_id = $2 AND id > coalesce($4, {Keyset.First})
        ORDER BY id LIMIT $3
        """;
}
