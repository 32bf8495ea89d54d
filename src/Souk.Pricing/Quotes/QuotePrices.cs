using System.Collections.Frozen;
using Souk.Contracts;
using Souk.Platform.Money;
using Souk.Pricing.Prices;
using Souk.Pricing.Shipping;

namespace Souk.Pricing.Quotes;

/// <summary>What other modules ask of prices: a quote is one statement and a pure function.</summary>
internal sealed class QuotePrices(NpgsqlDataSource db, TimeProvider clock, TaxSettings tax) : IPricing
{
    public async Task<Result<Quote>> QuoteAsync(QuoteRequest request, CancellationToken cancel)
    {
        foreach (var line in request.Lines)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(line.Quantity, 1, nameof(request));
            ArgumentOutOfRangeException.ThrowIfNegative(line.WeightGrams, nameof(request));
        }
        if (!Currencies.Exists(request.Currency)) return QuoteErrors.CurrencyUnavailable(request.Currency);
        if (request.ShippingMethod is { } code && !ShippingCode.IsValid(code)) return QuoteErrors.ShippingMethodUnknown;

        Guid[] ids = [.. request.Lines.Select(l => l.VariantId.Value).Distinct()];
        var rows = await db.QueryAsync(Snapshot, static row => (VariantId: row.Nullable<Guid>(0), Amount: row.Nullable<long>(1),
                Base: row.Nullable<long>(2), PerKilogram: row.Nullable<long>(3), CurrencySold: row.GetBoolean(4)),
            [ids, request.Currency, request.ShippingMethod], cancel);

        var rate = rows[0] is { Base: { } b, PerKilogram: { } perKilogram } ? new ShippingRate(b, perKilogram) : null;
        if (!rows[0].CurrencySold) return QuoteErrors.CurrencyUnavailable(request.Currency);
        if (request.ShippingMethod is not null && rate is null) return QuoteErrors.ShippingMethodUnknown;
        var prices = rows.Where(r => r is { VariantId: not null, Amount: not null }).ToFrozenDictionary(r => new VariantId(r.VariantId!.Value), r => r.Amount!.Value);
        return QuoteMath.Of(new(request.Currency, prices, rate, tax.PartsPerMillion), request.Lines);
    }

    public Task<int> SetListPricesAsync(IReadOnlyList<ListPrice> prices, CancellationToken cancel) =>
        SetListPrices.RunAsync(db, prices, clock.GetUtcNow(), cancel);

    public Task<int> SetShippingMethodsAsync(IReadOnlyList<ShippingMethod> methods, CancellationToken cancel) =>
        SetShippingMethods.RunAsync(db, methods, cancel);

    const string Snapshot = """
        -- One row at least, also for no lines: it tells of the method and the currency.
        SELECT w.variant_id, p.amount, m.base, m.per_kg,
               EXISTS (SELECT FROM pricing.list_prices s WHERE s.currency = $2::bpchar) AS currency_sold
        FROM (SELECT 1) AS one
        LEFT JOIN pricing.shipping_methods m ON m.code = $3 AND m.currency = $2::bpchar
        LEFT JOIN unnest($1::uuid[]) AS w (variant_id) ON true
        LEFT JOIN pricing.list_prices p ON p.variant_id = w.variant_id AND p.currency = $2::bpchar
        """;
}
