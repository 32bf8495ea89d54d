using Souk.Platform.Outbox;

namespace Souk.Contracts;

/// <summary>What other modules may ask of prices.</summary>
public interface IPricing
{
    /// <summary>
    /// What these lines cost now. Refuses: a currency without prices (422 <c>currency_unavailable</c>), a variant without a price in it
    /// (422 <c>price_missing</c> with <c>variantIds</c>), an unknown shipping method (422 <c>shipping_method_unknown</c>),
    /// amounts beyond what a JSON number holds exactly (422 <c>amount_too_large</c>).
    /// </summary>
    Task<Result<Quote>> QuoteAsync(QuoteRequest request, CancellationToken cancel);

    /// <summary>Sets list prices and answers how many were new or changed; the others tell no event. For imports: at most 1,000 at once, each variant and currency once.</summary>
    Task<int> SetListPricesAsync(IReadOnlyList<ListPrice> prices, CancellationToken cancel);

    /// <summary>Sets the shipping methods of the shop by code and currency, at most 100 at once, and answers how many were new or changed; those not named stay.</summary>
    Task<int> SetShippingMethodsAsync(IReadOnlyList<ShippingMethod> methods, CancellationToken cancel);
}

public sealed record ListPrice(VariantId VariantId, Money Price);

/// <param name="Code">Kebab-case, what a cart names: <c>zy-express</c>.</param>
/// <param name="PerKilogram">Added for every kilogram of the parcel, by the gram, rounded half to even.</param>
public sealed record ShippingMethod(string Code, string Name, Money Base, Money PerKilogram);

/// <param name="ShippingMethod">Null while the shopper has not chosen one: shipping is then zero.</param>
public sealed record QuoteRequest(string Currency, IReadOnlyList<QuoteRequestLine> Lines, string? ShippingMethod);
public sealed record QuoteRequestLine(VariantId VariantId, int Quantity, int WeightGrams);

/// <summary>A price that can be honoured: total = subtotal − discounts + shipping + tax. All amounts are minor units of one currency.</summary>
public sealed record Quote(string Currency, IReadOnlyList<QuoteLine> Lines, long Subtotal, long Discounts, long Shipping, long Tax, long Total);
public sealed record QuoteLine(VariantId VariantId, int Quantity, long UnitPrice, long Total);

/// <summary>A variant's list price is now this. Aggregate: the variant.</summary>
public sealed record ListPriceChanged(VariantId VariantId, Money Price) : IEvent
{
    public static string Type => "list_price.changed";
}
