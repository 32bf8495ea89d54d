namespace Souk.Pricing.Prices;

/// <summary>Every way staff's requests about prices are refused. A code is API: add new ones, never rename one.</summary>
internal static class PriceErrors
{
    public static readonly Error NotFound = Error.NotFound("price_not_found", "There is no variant with a price under this id.");
}
