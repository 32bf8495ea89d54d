namespace Souk.Pricing.Quotes;

/// <summary>Every rule and price one quote rests on; never changes after it was read.</summary>
/// <param name="UnitPrices">Minor units of <paramref name="Currency"/>, for each variant of the request that has a price.</param>
/// <param name="Shipping">The chosen method, or null when none was chosen.</param>
/// <param name="TaxPartsPerMillion">On goods after discounts and on shipping.</param>
internal sealed record PriceSnapshot(
    string Currency, IReadOnlyDictionary<VariantId, long> UnitPrices, ShippingRate? Shipping, int TaxPartsPerMillion);

/// <param name="Base">Minor units for every parcel.</param>
/// <param name="PerKilogram">Minor units added for 1,000 g, by the gram.</param>
internal sealed record ShippingRate(long Base, long PerKilogram);
