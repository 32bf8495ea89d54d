using System.ComponentModel.DataAnnotations;
using Souk.Ordering.Guests;
using Souk.Platform.Money;

namespace Souk.Ordering.Carts;

/// <summary>
/// <c>POST /v1/carts</c>: starts a cart of the signed-in account, or of a new guest, who gets the <c>cartToken</c> to use it with. With lines, all of
/// them are in it, or there is no cart.
/// </summary>
/// <remarks>
/// Takes no Idempotency-Key: a key is scoped to a client, which a guest without a token is not yet, and a cart that is made twice costs nobody
/// anything; the lost one is forgotten with other abandoned carts. Refusals, in this order: 422 for members, 422 <c>variant_unavailable</c>, then
/// whatever pricing refuses (<c>currency_unavailable</c>, <c>price_missing</c>, <c>amount_too_large</c>).
/// </remarks>
internal static class CreateCart
{
    /// <param name="Currency">ISO 4217; default the shop's. A cart keeps its currency.</param>
    public sealed record Request(string? Currency, IReadOnlyList<Line?>? Lines);
    public sealed record Line([Required] VariantId? VariantId, [Required, Range(1, StoredCart.LineQuantityMax)] int? Quantity);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/carts", Handle).ForEveryone().WithName(nameof(CreateCart));

    static async Task<Results<Created<Cart>, Error>> Handle(Request? request, Caller caller, ShopCurrency shop, CartStore carts, ShowCart show, GuestTokens tokens,
        TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var given = request?.Lines ?? [];
        if (Refuse(given) is { } invalid) return invalid;

        var now = clock.GetUtcNow();
        var cart = new StoredCart(caller.AccountId ?? Guid.CreateVersion7(now), CartId.New(clock), request?.Currency ?? shop.Code, null, null, null, null, null, Version: 1,
            [.. given.Select(static l => new StoredCart.Line(l!.VariantId!.Value, l.Quantity!.Value))]);
        var priced = await show.PriceAsync(cart, cancel);
        var unknown = cart.Lines.Select(l => l.VariantId).Where(id => !priced.Facts.ContainsKey(id)).ToList();
        if (unknown.Count > 0) return CartErrors.VariantUnavailable(unknown);
        if (priced.Refusals.Count > 0) return priced.Refusals[0];

        await carts.AddAsync(cart, now);
        // A new cart has no personal data that could have been erased.
        var answer = (await show.RevealAsync(priced, http, cancel))!;
        return TypedResults.Created($"/v1/carts/{cart.Id}",
            caller.AccountId is null ? answer with { CartToken = tokens.Make(GuestTokens.Cart, cart.CustomerId, cart.Id.Value) } : answer);
    }

    /// <summary>Everything that is wrong with the lines, at once.</summary>
    internal static Error? Refuse(IReadOnlyList<Line?> lines)
    {
        if (lines.Count > StoredCart.LinesMax) return Error.Invalid("/lines", $"A cart has at most {StoredCart.LinesMax} lines.");
        List<(string, string)> wrong = [];
        HashSet<VariantId> seen = [];
        for (var i = 0; i < lines.Count; i++)
        {
            if (lines[i]?.VariantId is not { } variant) wrong.Add(($"/lines/{i}/variantId", "A line names its variant."));
            else if (!seen.Add(variant)) wrong.Add(($"/lines/{i}/variantId", "Each variant comes once: add up the quantities."));
            if (SetCartLine.RefuseQuantity(lines[i]?.Quantity) is { } message) wrong.Add(($"/lines/{i}/quantity", message));
        }
        return Error.Invalid(wrong);
    }
}
