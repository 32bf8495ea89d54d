namespace Souk.Pricing.Quotes;

/// <summary>Every way a quote is refused. A code is API: add new ones, never rename one.</summary>
internal static class QuoteErrors
{
    public static Error CurrencyUnavailable(string currency) => new(422, "currency_unavailable",
        "This shop has no prices in the currency you asked for. Leave it out for the shop's own.") { Details = [("currency", currency)] };

    public static Error PriceMissing(string currency, IReadOnlyList<VariantId> variants) => new(422, "price_missing",
        $"Some variants have no price in {currency}. Take them out, or ask for another currency.") { Details = [("variantIds", variants)] };

    public static readonly Error ShippingMethodUnknown = new(422, "shipping_method_unknown",
        "There is no such shipping method in this currency. GET /v1/shipping-methods lists them.");

    public static readonly Error AmountTooLarge = new(422, "amount_too_large",
        "The total is more than this shop can charge at once. Lower the quantities.");
}
