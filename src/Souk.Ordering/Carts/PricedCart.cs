using Souk.Contracts;

namespace Souk.Ordering.Carts;

/// <summary>
/// What a cart costs now. A cart that was filled last week must still be shown, so what cannot be bought any more is left out of the quote and
/// noted; who adds something asks <see cref="RefusalOf"/> whether it may.
/// </summary>
/// <param name="Facts">Of the variants that are on sale.</param>
/// <param name="Quote">Of the lines that can be bought. Null when no amount can be told: the shop has no prices in the currency, or the sum is too large.</param>
/// <param name="Refusals">Why pricing refused to quote all of the cart as it stands, in its words.</param>
internal sealed record PricedCart(StoredCart Cart, IReadOnlyDictionary<VariantId, VariantFacts> Facts, Quote? Quote, IReadOnlyList<Error> Refusals)
{
    // Refusals of IPricing.QuoteAsync, as its contract names them.
    const string PriceMissing = "price_missing", ShippingMethodUnknown = "shipping_method_unknown";

    /// <summary>Calls other modules: never inside a transaction.</summary>
    public static async Task<PricedCart> OfAsync(StoredCart cart, ICatalog catalog, IPricing pricing, CancellationToken cancel)
    {
        var facts = cart.Lines.Count == 0 ? [] : await catalog.VariantsAsync([.. cart.Lines.Select(l => l.VariantId)], cancel);
        var byId = facts.ToDictionary(f => f.Id);
        var request = new QuoteRequest(cart.Currency, [.. from line in cart.Lines
                                                          where byId.ContainsKey(line.VariantId)
                                                          select new QuoteRequestLine(line.VariantId, line.Quantity, byId[line.VariantId].WeightGrams)], cart.ShippingMethod);
        List<Error> refusals = [];
        while (true)
        {
            if (!(await pricing.QuoteAsync(request, cancel)).Refused(out var error, out var quote)) return new(cart, byId, quote, refusals);
            refusals.Add(error);
            // Each turn asks for less, so there are at most as many as there are things to leave out.
            if (Less(request, error) is not { } rest) return new(cart, byId, null, refusals);
            request = rest;
        }
    }

    /// <summary>The first reason why this variant cannot be in the cart, whatever else is in it; null when it can.</summary>
    public Error? RefusalOf(VariantId variant) => !Facts.ContainsKey(variant) ? CartErrors.VariantUnavailable([variant])
        : Refusals.FirstOrDefault(r => r.Code == PriceMissing ? VariantsOf(r).Contains(variant) : r.Code != ShippingMethodUnknown);

    public bool IsShippingMethodUnknown => Refusals.Any(static r => r.Code == ShippingMethodUnknown);

    /// <summary>Each line with its price, in the cart's order.</summary>
    public IReadOnlyList<CartLine> Lines()
    {
        var quoted = Quote?.Lines.ToDictionary(l => l.VariantId) ?? [];
        return [.. from line in Cart.Lines
                   let facts = Facts.GetValueOrDefault(line.VariantId)
                   let price = quoted.GetValueOrDefault(line.VariantId)
                   let unavailable = facts is null || Refusals.Any(r => r.Code == PriceMissing && VariantsOf(r).Contains(line.VariantId))
                   select new CartLine(line.VariantId, facts?.Sku, facts?.Name, line.Quantity, Amount(price?.UnitPrice), Amount(price?.Total), unavailable ? true : null)];
    }

    public Money? Amount(long? minorUnits) => minorUnits is { } amount ? new Money(amount, Cart.Currency) : null;

    /// <summary>The request without what was refused; null when no smaller one would do.</summary>
    static QuoteRequest? Less(QuoteRequest request, Error error) => error.Code switch
    {
        ShippingMethodUnknown when request.ShippingMethod is not null => request with { ShippingMethod = null },
        PriceMissing when request.Lines.Where(l => !VariantsOf(error).Contains(l.VariantId)).ToList() is { } rest && rest.Count < request.Lines.Count => request with { Lines = rest },
        _ => null,
    };

    static IEnumerable<VariantId> VariantsOf(Error error) =>
        error.Details.Where(static d => d.Name == "variantIds").SelectMany(static d => (IEnumerable<VariantId>)d.Value!);
}
