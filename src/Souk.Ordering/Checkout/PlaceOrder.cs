using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Mvc;
using Souk.Contracts;
using Souk.Ordering.Addresses;
using Souk.Ordering.Carts;
using Souk.Ordering.Guests;
using Souk.Ordering.Orders;
using Souk.Platform;
using Souk.Platform.Idempotency;
using Souk.Platform.Money;
using Souk.Platform.Telemetry;

namespace Souk.Ordering.Checkout;

/// <summary>
/// <c>POST /v1/orders</c> (Idempotency-Key): buys a cart, or the given lines. Stock, order, key and event are one transaction: either all of them are
/// there or none is, and the stock is held until the order is paid, cancelled or expires. With <c>payment</c> the order is paid in the same call; a
/// payment that fails leaves the order open.
/// </summary>
/// <remarks>
/// <para>The same key and request answer the same order again, however often and however long after (<c>Idempotent-Replayed: true</c>). A refusal is
/// not remembered: correct the request and send it with the same key or a new one.</para>
/// <para>Refusals, in this order: 400 for the key, 422 for the request, 422 <c>payment_method_unavailable</c>, 404 <c>cart_not_found</c>,
/// 409 <c>cart_ordered</c>, 422 <c>cart_empty</c>, 422 for what is missing now that the cart is known, 422 <c>variant_unavailable</c>, those of a quote,
/// 409 <c>price_changed</c>, 409 <c>cart_changed</c>, 409 <c>insufficient_stock</c>. Before any from the cart on, an order of this key is looked for:
/// a repetition is answered with it, and another request of this key with 422 <c>idempotency_key_reused</c>.</para>
/// </remarks>
internal static class PlaceOrder
{
    /// <param name="CartId">The cart to buy; or else <paramref name="Lines"/>.</param>
    /// <param name="Currency">Of lines; default the shop's. A cart has its own.</param>
    /// <param name="ExpectedTotal">What the shopper was shown; when it costs something else by now nothing is ordered.</param>
    /// <param name="Email">Where to write to a guest; else the cart's.</param>
    /// <param name="ShippingAddress">Else the cart's, like the other two.</param>
    public sealed record Request(CartId? CartId, IReadOnlyList<RequestLine>? Lines, string? Currency, Money? ExpectedTotal, string? Email,
        Address? ShippingAddress, Address? BillingAddress, string? ShippingMethod, RequestPayment? Payment);
    public sealed record RequestLine(VariantId VariantId, [Range(1, StoredCart.LineQuantityMax)] int Quantity);

    /// <param name="Token">What the payment provider's form gave the front end, for methods that need one.</param>
    public sealed record RequestPayment([Required] string? Method, string? Token);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/orders", Handle).ForEveryone().WithName(nameof(PlaceOrder));

    static async Task<Results<Created<Order>, Error>> Handle(Request request, IdempotencyKey idempotency, Caller caller,
        [FromHeader(Name = GuestTokens.CartHeader)] string? cartToken, GuestTokens tokens, GuestCustomers guests, PrepareOrder prepare, WriteOrder write,
        IPayments payments, OrderReads orders, NpgsqlDataSource db, PersonalData people, HttpContext http, CancellationToken cancel)
    {
        if (idempotency.Required().Refused(out var keyless, out var key)) return keyless;
        if (Refuse(request) is { } invalid) return invalid;
        if (request.Payment is { } asked && payments.Refuse(asked.Method!, asked.Token) is { } unavailable) return unavailable;
        if (CustomerOf(request, caller, cartToken, tokens) is not { } known) return CartErrors.NotFound;
        var customer = known == Guid.Empty ? guests.OfKey(key) : known;
        var fingerprint = IdempotencyKey.Fingerprint(nameof(PlaceOrder), request);

        // From here on the caller may go away: what is being written is written.
        StoredOrder order;
        if ((await prepare.RunAsync(request, customer, isGuest: caller.AccountId is null, cancel)).Refused(out var refusal, out var draft)
            || (await WriteAsync(draft)).Refused(out refusal, out order!))
        {
            if (await WriteOrder.FindByKeyAsync(db, customer, key, CancellationToken.None) is not { } first) return refusal;
            if (!first.Fingerprint.AsSpan().SequenceEqual(fingerprint)) return IdempotencyKey.Reused;
            IdempotencyKey.MarkReplayed(http);
            order = first;
        }
        else Measures.OrderPlaced();
        Traces.Concerns(Traces.AggregateId, order.Id.Value);

        var shown = request.Payment is null ? await order.AsPlaced.ShowAsync(people, CancellationToken.None)
            : await PayAsync(order, request.Payment, key, payments, orders, people);
        if (caller.AccountId is null) shown = shown with { OrderToken = tokens.Make(GuestTokens.Order, customer, order.Id.Value) };
        ETag.Set(http, shown.Version);
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Created($"/v1/orders/{order.Id}", shown);

        async Task<Result<StoredOrder>> WriteAsync(DraftOrder first)
        {
            var written = await write.RunAsync(first, key, fingerprint);
            if (first.Held is null || !written.Refused(out var why, out _) || why.Code != OrderErrors.CartChanged.Code) return written;
            // When nothing of the cart was changed but that its hold has just expired, it is ordered like a cart that never held anything.
            return !(await prepare.RunAsync(request, customer, isGuest: caller.AccountId is null, CancellationToken.None)).Refused(out _, out var again)
                && again.LostOnlyTheHoldOf(first) ? await write.RunAsync(again, key, fingerprint) : written;
        }
    }

    /// <summary>Pays what is open, once per key, and shows the order as it then stands: a declined payment leaves it open.</summary>
    static async Task<Order> PayAsync(StoredOrder order, RequestPayment asked, string key, IPayments payments, OrderReads orders, PersonalData people)
    {
        Order.OrderPayment? made = null;
        if (order.Status == OrderStatus.Placed)
        {
            var due = new PaymentDue(order.CustomerId, order.Id, new(order.Total, order.Currency));
            if (!(await payments.PayAsync(due, asked.Method!, asked.Token, key, CancellationToken.None)).Refused(out _, out var payment))
                made = new(payment.Id, payment.Status);
            order = (await orders.FindAsync(order.CustomerId, order.Id, CancellationToken.None))!;
        }
        else if (order.PaymentId is { } paid) made = new(paid, "captured");
        return await order.ShowAsync(people, CancellationToken.None) with { Payment = made };
    }

    /// <summary>Whose order it will be; the empty id for a guest who is not known yet, null for a cart that is not the caller's.</summary>
    static Guid? CustomerOf(Request request, Caller caller, string? cartToken, GuestTokens tokens) =>
        request.CartId is { } cart ? StoredCart.CustomerOf(caller, cartToken, cart, tokens) : caller.AccountId ?? Guid.Empty;

    /// <summary>Everything that is wrong with the request by itself.</summary>
    internal static Error? Refuse(Request request)
    {
        List<(string, string)> wrong = [];
        if (request.CartId is null == request.Lines is null) wrong.Add(("/cartId", "An order is of a cart or of lines: send one of cartId and lines."));
        if (request.Lines is { } lines)
        {
            if (lines.Count is 0 or > StoredCart.LinesMax) wrong.Add(("/lines", $"An order has 1 to {StoredCart.LinesMax} lines."));
            foreach (var (i, line) in lines.Take(StoredCart.LinesMax).Index())
            {
                if (line is null || line.VariantId == VariantId.None) wrong.Add(($"/lines/{i}/variantId", "A line names a variant."));
                else if (line.Quantity is < 1 or > StoredCart.LineQuantityMax) wrong.Add(($"/lines/{i}/quantity", $"A quantity is 1 to {StoredCart.LineQuantityMax}."));
            }
            if (lines.OfType<RequestLine>().DistinctBy(l => l.VariantId).Count() < lines.Count) wrong.Add(("/lines", "A variant comes in one line, with its whole quantity."));
        }
        if (request.Currency is { } currency && (request.CartId is not null || !Currencies.Exists(currency)))
            wrong.Add(("/currency", request.CartId is null ? "A currency is a code of ISO 4217 in upper case, such as USD." : "A cart has its own currency: leave it out."));
        if (request.Email is { } email && ContactEmail.Refuse(email) is { } why) wrong.Add(("/email", why));
        wrong.AddRange(Address.Wrong(request.ShippingAddress, "/shippingAddress"));
        wrong.AddRange(Address.Wrong(request.BillingAddress, "/billingAddress"));
        if (request.Payment is { Method: null or "" }) wrong.Add(("/payment/method", "A payment names its method."));
        return Error.Invalid(wrong);
    }
}
