using Souk.Contracts;
using Souk.Platform.Money;
using Souk.Pricing.Prices;
using Souk.Pricing.Shipping;

namespace Souk.Pricing.Quotes;

/// <summary>What other modules ask of prices: a quote is two reads, shared with others who ask, and a pure function.</summary>
internal sealed class QuotePrices(NpgsqlDataSource db, TimeProvider clock, TaxSettings tax) : IPricing
{
    /// <summary>What a currency is sold and shipped in.</summary>
    sealed record CurrencyRules(bool IsSold, IReadOnlyDictionary<string, ShippingRate> Shipping);

    /// <summary>Every price of a variant, in minor units by currency.</summary>
    readonly SharedReads<Guid, Dictionary<string, long>> prices = new(db, Prices, static row => new(row.GetGuid(0), Zip(row, 1, row.GetFieldValue<long[]>(2))));

    readonly SharedReads<string, CurrencyRules> rules = new(db, Rules, static row => new(row.GetString(0), new(row.GetBoolean(1),
        Zip(row, 2, row.GetFieldValue<long[]>(3).Zip(row.GetFieldValue<long[]>(4), static (b, perKilogram) => new ShippingRate(b, perKilogram))))));

    public async Task<Result<Quote>> QuoteAsync(QuoteRequest request, CancellationToken cancel)
    {
        foreach (var line in request.Lines)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(line.Quantity, 1, nameof(request));
            ArgumentOutOfRangeException.ThrowIfNegative(line.WeightGrams, nameof(request));
        }
        if (!Currencies.Exists(request.Currency)) return QuoteErrors.CurrencyUnavailable(request.Currency);
        if (request.ShippingMethod is { } code && !ShippingCode.IsValid(code)) return QuoteErrors.ShippingMethodUnknown;

        var (pricing, ruling) = (prices.FindAsync([.. request.Lines.Select(l => l.VariantId.Value).Distinct()], cancel), rules.FindAsync([request.Currency], cancel));
        await Task.WhenAll(pricing, ruling);
        var (priced, rule) = (await pricing, (await ruling)[request.Currency]);
        if (!rule.IsSold) return QuoteErrors.CurrencyUnavailable(request.Currency);
        var rate = request.ShippingMethod is { } method ? rule.Shipping.GetValueOrDefault(method) : null;
        if (request.ShippingMethod is not null && rate is null) return QuoteErrors.ShippingMethodUnknown;
        var unitPrices = new Dictionary<VariantId, long>();
        foreach (var id in request.Lines.Select(l => l.VariantId))
            if (priced.TryGetValue(id.Value, out var amounts) && amounts.TryGetValue(request.Currency, out var amount)) unitPrices[id] = amount;
        return QuoteMath.Of(new(request.Currency, unitPrices, rate, tax.PartsPerMillion), request.Lines);
    }

    static Dictionary<string, T> Zip<T>(NpgsqlDataReader row, int keys, IEnumerable<T> values) =>
        row.GetFieldValue<string[]>(keys).Zip(values).ToDictionary(pair => pair.First, pair => pair.Second, StringComparer.Ordinal);

    public Task<int> SetListPricesAsync(IReadOnlyList<ListPrice> prices, CancellationToken cancel) =>
        SetListPrices.RunAsync(db, prices, clock.GetUtcNow(), cancel);

    public Task<int> SetShippingMethodsAsync(IReadOnlyList<ShippingMethod> methods, CancellationToken cancel) =>
        SetShippingMethods.RunAsync(db, methods, cancel);

    const string Prices = """
        SELECT p.variant_id, array_agg(p.currency::text), array_agg(p.amount) FROM pricing.list_prices p WHERE p.variant_id = ANY($1) GROUP BY p.variant_id
        """;

    const string Rules = """
        SELECT c.currency, EXISTS (SELECT FROM pricing.list_prices s WHERE s.currency = c.currency::bpchar),
            coalesce(m.codes, '{}'), coalesce(m.bases, '{}'), coalesce(m.per_kg, '{}')
        FROM unnest($1::text[]) AS c (currency)
        CROSS JOIN LATERAL (SELECT array_agg(s.code) AS codes, array_agg(s.base) AS bases, array_agg(s.per_kg) AS per_kg
                            FROM pricing.shipping_methods s WHERE s.currency = c.currency::bpchar) AS m
        """;
}
