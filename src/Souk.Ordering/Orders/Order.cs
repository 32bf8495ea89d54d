using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Souk.Ordering.Addresses;
using Souk.Ordering.Guests;
using Souk.Ordering.Inventory;
using Souk.Platform;

namespace Souk.Ordering.Orders;

/// <summary>An order as its customer and staff see it.</summary>
/// <param name="Number">What people read to each other: <c>7K3Q-9ZDM</c>.</param>
/// <param name="Status"><c>placed</c>, <c>paid</c>, <c>cancelled</c> or <c>expired</c>.</param>
/// <param name="PaymentStatus"><c>unpaid</c> or <c>paid</c>.</param>
/// <param name="FulfilmentStatus"><c>unfulfilled</c>, <c>packed</c>, <c>shipped</c> or <c>delivered</c>.</param>
/// <param name="Total">subtotal − discounts + shipping + tax.</param>
/// <param name="Email">Where to write; absent for an account (it has one) and for a person who was erased, like the addresses.</param>
/// <param name="ExpiresAt">Unpaid by then, the order ends and its stock is free again.</param>
/// <param name="Version">Counts changes of status; the ETag.</param>
/// <param name="Payment">The payment made together with the order, when one was asked for.</param>
/// <param name="OrderToken">Only in the answer that placed it, for guests: send it as <c>Souk-Order-Token</c> to see and pay the order.</param>
internal sealed record Order(OrderId Id, string Number, [AllowedValues("placed", "paid", "cancelled", "expired")] string Status,
    [AllowedValues("unpaid", "paid")] string PaymentStatus, [AllowedValues("unfulfilled", "packed", "shipped", "delivered")] string FulfilmentStatus, IReadOnlyList<Order.Line> Lines,
    Money Subtotal, Money Discounts, Money Shipping, Money Tax, Money Total, string Currency, string? ShippingMethod,
    string? Email, Address? ShippingAddress, Address? BillingAddress, DateTimeOffset PlacedAt, DateTimeOffset ExpiresAt,
    DateTimeOffset? PaidAt, DateTimeOffset? ClosedAt, int Version, Order.OrderPayment? Payment = null, string? OrderToken = null)
{
    /// <summary>What was sold, as it was called and priced at that moment.</summary>
    /// <param name="Components">What one of it is made of, when it is a kit; else absent.</param>
    internal sealed record Line(VariantId VariantId, string Sku, string Name, int Quantity, Money UnitPrice, Money Total, IReadOnlyList<SetKit.Component>? Components);

    internal sealed record OrderPayment(PaymentId Id, string Status);
}

/// <summary>An order as it is stored.</summary>
internal sealed record StoredOrder(Guid CustomerId, OrderId Id, string Number, byte[] Fingerprint, IReadOnlyList<StoredOrder.Line> Lines, string Currency,
    long Subtotal, long Discounts, long Shipping, long Tax, long Total, string? ShippingMethod, byte[]? Email, byte[]? ShippingAddress, byte[]? BillingAddress,
    DateTimeOffset PlacedAt, DateTimeOffset ExpiresAt, string Status, PaymentId? PaymentId, DateTimeOffset? PaidAt, DateTimeOffset? ClosedAt, int Version,
    string Fulfilment = MarkFulfilment.Unfulfilled)
{
    public const string EmailColumn = "ordering.orders.email", ShippingAddressColumn = "ordering.orders.shipping_address",
        BillingAddressColumn = "ordering.orders.billing_address";

    /// <summary>Amounts are minor units of the order's currency.</summary>
    /// <param name="Components">What one of it is made of, as it was a kit when it was sold.</param>
    internal sealed record Line(VariantId VariantId, string Sku, string Name, int Quantity, long UnitPrice, long Total, IReadOnlyList<StockUnits>? Components = null);

    /// <summary>What stands for the order as it was placed, whatever became of it: the same answer for every repetition of the request that placed it.</summary>
    public StoredOrder AsPlaced => this with { Status = OrderStatus.Placed, PaymentId = null, PaidAt = null, ClosedAt = null, Version = 1, Fulfilment = MarkFulfilment.Unfulfilled };

    public async Task<Order> ShowAsync(PersonalData people, CancellationToken cancel) => new(Id, Number, Status, OrderStatus.PaymentStatusOf(Status), Fulfilment,
        [.. Lines.Select(l => new Order.Line(l.VariantId, l.Sku, l.Name, l.Quantity, In(l.UnitPrice), In(l.Total), l.Components?.Select(c => new SetKit.Component(c.VariantId, c.Quantity)).ToList()))],
        In(Subtotal), In(Discounts), In(Shipping), In(Tax), In(Total), Currency, ShippingMethod,
        Email is null ? null : await people.RevealAsync(CustomerId, EmailColumn, Email, cancel),
        await ShippingAddressAsync(people, cancel),
        BillingAddress is null ? null : await people.RevealJsonAsync<Address>(CustomerId, BillingAddressColumn, BillingAddress, cancel),
        PlacedAt, ExpiresAt, PaidAt, ClosedAt, Version);

    /// <summary>Null when it has none, or its customer was erased.</summary>
    public async ValueTask<Address?> ShippingAddressAsync(PersonalData people, CancellationToken cancel) =>
        ShippingAddress is null ? null : await people.RevealJsonAsync<Address>(CustomerId, ShippingAddressColumn, ShippingAddress, cancel);

    Money In(long amount) => new(amount, Currency);

    /// <summary>
    /// The customer as whom the caller may see this order, or orders at all: the guest whose token names it, also when the guest has signed in
    /// meanwhile; else the signed-in account; else the guest of the token.
    /// </summary>
    public static Guid? CustomerOf(Guid? accountId, string? orderToken, GuestTokens tokens, OrderId? order = null)
    {
        if (!tokens.TryRead(GuestTokens.Order, orderToken, out var guest, out var named)) return accountId;
        return order?.Value == named ? guest : accountId ?? guest;
    }

    public static StoredOrder Read(NpgsqlDataReader row) => new(row.GetGuid(0), new(row.GetGuid(1)), row.GetString(2), row.GetFieldValue<byte[]>(3),
        JsonSerializer.Deserialize<IReadOnlyList<Line>>(row.GetFieldValue<byte[]>(4), Json.Stored)!, row.GetString(5),
        row.GetInt64(6), row.GetInt64(7), row.GetInt64(8), row.GetInt64(9), row.GetInt64(10), row.NullableString(11), Bytes(row, 12), Bytes(row, 13), Bytes(row, 14),
        row.GetFieldValue<DateTimeOffset>(15), row.GetFieldValue<DateTimeOffset>(16), row.GetString(17),
        row.Nullable<Guid>(18) is { } payment ? new PaymentId(payment) : null, row.Nullable<DateTimeOffset>(19), row.Nullable<DateTimeOffset>(20), row.GetInt32(21), row.GetString(22));

    static byte[]? Bytes(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetFieldValue<byte[]>(column);

    public const string Columns = """
        o.customer_id, o.id, o.number, o.fingerprint, o.lines, o.currency, o.subtotal, o.discounts, o.shipping, o.tax, o.total, o.shipping_method,
        o.email, o.shipping_address, o.billing_address, o.placed_at, o.expires_at, o.status, o.payment_id, o.paid_at, o.closed_at, o.version, o.fulfilment_status
        """;

    /// <summary>An order of anyone, for staff.</summary>
    public static Task<StoredOrder?> FindAnyAsync(NpgsqlDataSource db, OrderId id, CancellationToken cancel) => db.QueryFirstAsync(FindAny, Read, [id.Value], cancel);

    const string FindAny = $"SELECT {Columns} FROM ordering.orders o WHERE o.id = $1";
}
