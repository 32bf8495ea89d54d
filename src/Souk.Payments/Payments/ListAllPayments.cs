using System.ComponentModel;
using Souk.Platform.Pagination;

namespace Souk.Payments.Payments;

/// <summary>
/// <c>GET /v1/admin/payments?orderId=&amp;status=&amp;limit=&amp;cursor=</c>: payments of all customers, newest first, for staff; <c>isSettled</c> false is
/// money that still waits for the provider, the order or its way back.
/// </summary>
internal static class ListAllPayments
{
    sealed record Key(Guid Id);

    /// <param name="Reference">The provider's name for the charge, absent until it has answered.</param>
    public sealed record StaffPayment(PaymentId Id, OrderId OrderId, PaymentStatus Status, bool IsSettled, Money Amount, string Method, string? Reference,
        DateTimeOffset CreatedAt, int Version);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/admin/payments", Handle).ForStaff(Permission.PaymentsRead).WithName(nameof(ListAllPayments));

    static async Task<Results<Ok<Page<StaffPayment>>, Error>> Handle(PageRequest page, [Description("Those of one order.")] OrderId? orderId,
        [Description("Those that stand so: `pending`, `captured`, `declined`, `refunded`.")] string? status, NpgsqlDataSource db, HttpContext http,
        CancellationToken cancel)
    {
        if (QueryMembers.RefuseOthers(http, "orderId", "status", "limit", "cursor") is { } unknown) return unknown;
        if (status is not null && PaymentStates.Read(status) is null) return PaymentErrors.StatusUnknown;
        var list = $"all payments {orderId} {status}";
        if (page.From<Key>(list).Refused(out var error, out var start)) return error;

        object?[] slice = [start.Limit + 1, start.Key?.Id];
        var rows = orderId is { } order
            ? await db.QueryAsync(start.Backward ? NewerOfOrder : OlderOfOrder, Payment.Read, [.. slice, order.Value, status], cancel)
            : status is not null ? await db.QueryAsync(start.Backward ? NewerOfStatus : OlderOfStatus, Payment.Read, [.. slice, status], cancel)
            : await db.QueryAsync(start.Backward ? Newer : Older, Payment.Read, slice, cancel);
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Ok(page.Answer(start, list, rows, static payment => new Key(payment.Id.Value), static p =>
            new StaffPayment(p.Id, p.OrderId, p.Status, p.Next == Step.Nothing, p.Amount, p.Method, p.Reference, p.CreatedAt, p.Version)));
    }

    const string OlderThan = $"id < coalesce($2, {Keyset.Last}) ORDER BY id DESC LIMIT $1", NewerThan = $"id > coalesce($2, {Keyset.First}) ORDER BY id LIMIT $1";

    const string Payments = $"{Payment.Columns} FROM payments.payments WHERE ";

    const string OfOrder = "order_id = $3 AND ($4::text IS NULL OR status = $4) AND ", OfStatus = "status = $3 AND ";

    // One for each index that serves.
    const string Older = "SELECT " + Payments + OlderThan, OlderOfOrder = "SELECT " + Payments + OfOrder + OlderThan, OlderOfStatus = "SELECT " + Payments + OfStatus + OlderThan;

    const string Newer = "SELECT " + Payments + NewerThan, NewerOfOrder = "SELECT " + Payments + OfOrder + NewerThan, NewerOfStatus = "SELECT " + Payments + OfStatus + NewerThan;
}
