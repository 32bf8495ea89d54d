using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Mvc;
using Souk.Contracts;
using Souk.Payments.Providers;
using Souk.Platform.Idempotency;

namespace Souk.Payments.Payments;

/// <summary>
/// <c>POST /v1/orders/{id}/payments</c>: pays what an order owes, once per Idempotency-Key. The answer says what became of it: <c>captured</c>;
/// <c>declined</c>, and another try with a new key is welcome; <c>refunded</c>, when the order ended while the money was taken; or <c>pending</c>, when the
/// provider has not answered yet, or money that the order would not take is on its way back: the shop brings it to its end by itself. A guest sends <c>Souk-Order-Token</c>.
/// </summary>
/// <remarks>
/// Refusals, in this order: 400 for the key, 422 for the body, 404 for the order, 422 for a key of another request, 422 for a method the shop does not
/// take, 409 for an order that cannot be paid any more, 422 for an amount that is not what is due, 409 for another payment under way or too many tries;
/// with method <c>wallet</c>, before the last two, 409 <c>insufficient_balance</c>.
/// A replay is rendered from the payment as it stands now: what was pending may have been captured since.
/// </remarks>
internal static class PayOrder
{
    public const string OrderTokenHeader = "Souk-Order-Token";
    public const int MethodLengthMax = 64, TokenLengthMax = 255;

    /// <param name="Token">What the provider's form gave the page; see docs/payments.md for those of the sandbox.</param>
    /// <param name="Amount">What the shopper believes to pay; when given it must be what is due.</param>
    public sealed record Request([Required] string? Method, string? Token, Money? Amount);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/orders/{id}/payments", Handle).ForEveryone().WithName(nameof(PayOrder));

    static async Task<Results<Created<PaymentAnswer>, Error>> Handle(OrderId id, Request request, IdempotencyKey key, Caller caller,
        [FromHeader(Name = OrderTokenHeader)] string? orderToken, HttpContext http, TakePayment take, [FromServices] IOrdering ordering,
        IWallets wallets, CancellationToken cancel)
    {
        if (key.Required().Refused(out var error, out var name)) return error;
        if (Refuse(request) is { } wrong) return wrong;
        if ((await ordering.FindToPayAsync(id, new(caller.AccountId, orderToken), cancel)).Refused(out error, out var order)) return error;
        var fingerprint = IdempotencyKey.Fingerprint(nameof(PayOrder), new { id, request });
        if ((await PayableAsync(request, order, take, wallets, cancel)).Refused(out var refusal, out var due))
        {
            // Before it is refused: an order that this very payment has paid owes nothing any more.
            if ((await take.ReplayAsync(order.CustomerId, name, fingerprint, cancel)).Refused(out error, out var first)) return error;
            return first is null ? refusal : Show(http, new(first, IsReplay: true));
        }
        return (await take.PayOnceAsync(new(due, request.Method!, request.Token, name, fingerprint), cancel)).Refused(out error, out var taken) ? error : Show(http, taken);
    }

    static async Task<Result<PaymentDue>> PayableAsync(Request request, OrderToPay order, TakePayment take, IWallets wallets, CancellationToken cancel)
    {
        if (take.Refuse(request.Method!, request.Token) is { } unavailable) return unavailable;
        if (order.Due.Refused(out var error, out var due)) return error;
        if (request.Amount is { } amount && amount != due.Amount) return Error.Invalid("/amount", $"{due.Amount} is due. Pay exactly that, or leave the amount out.");
        // A wallet that is short by now is told of; one that becomes short at this very moment declines the payment.
        if (request.Method == WalletProvider.Method && await wallets.AvailableAsync(order.CustomerId, due.Amount.Currency, cancel) is var available && available.Amount < due.Amount.Amount)
            return PaymentErrors.InsufficientBalance(available);
        return due;
    }

    static Created<PaymentAnswer> Show(HttpContext http, TakePayment.Taken taken)
    {
        if (taken.IsReplay) IdempotencyKey.MarkReplayed(http);
        http.Response.Headers.CacheControl = "private, no-store";
        ETag.Set(http, taken.Payment.Told.Version);
        return TypedResults.Created(taken.Payment.Path, taken.Payment.Show());
    }

    internal static Error? Refuse(Request request)
    {
        List<(string, string)> wrong = [];
        if (request.Method is not { Length: > 0 and <= MethodLengthMax }) wrong.Add(("/method", $"Name a method of this shop, such as sandbox, in at most {MethodLengthMax} characters."));
        if (RefuseToken(request.Token) is { } why) wrong.Add(("/token", why));
        return Error.Invalid(wrong);
    }

    internal static string? RefuseToken(string? token) => token is null || token.Length is > 0 and <= TokenLengthMax && token.All(c => c is >= '!' and <= '~') ? null
        : $"A token is 1 to {TokenLengthMax} printable ASCII characters without spaces, as the provider gave it.";
}
