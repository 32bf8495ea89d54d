using Souk.Contracts;
using Souk.Platform.Bus;
using Souk.Platform.Cache;
using Souk.Platform.Money;
using Souk.Pricing.Prices;
using Souk.Pricing.Shipping;

namespace Souk.Pricing.Quotes;

/// <summary>
/// What other modules ask of prices: a quote is a pure function of what is remembered of them. Nothing is older than <see cref="AgeMax"/>, whether or not the bus
/// works; and whoever changed a price here is quoted the new one.
/// </summary>
internal sealed class QuotePrices : IPricing, IDisposable
{
    public static readonly TimeSpan AgeMax = TimeSpan.FromSeconds(1), LookPause = TimeSpan.FromMilliseconds(200);

    /// <summary>Some 20 MB.</summary>
    const int RememberedMax = 50_000;

    /// <summary>What a currency is sold and shipped in.</summary>
    sealed record CurrencyRules(bool IsSold, IReadOnlyDictionary<string, ShippingRate> Shipping);

    readonly NpgsqlDataSource db;
    readonly IBus bus;
    readonly TimeProvider clock;
    readonly TaxSettings tax;
    readonly Looks looks;
    readonly IDisposable subscription;

    /// <summary>Every price of a variant, in minor units by currency.</summary>
    readonly RememberedReads<Guid, Dictionary<string, long>> prices;

    readonly RememberedReads<string, CurrencyRules> rules;

    long version;

    public QuotePrices(NpgsqlDataSource db, IBus bus, TimeProvider clock, TaxSettings tax)
    {
        (this.db, this.bus, this.clock, this.tax) = (db, bus, clock, tax);
        prices = new(new(db, Prices, static row => new(row.GetGuid(0), Zip(row, 1, row.GetFieldValue<long[]>(2)))), RememberedMax);
        rules = new(new(db, Rules, static row => new(row.GetString(0), new(row.GetBoolean(1),
            Zip(row, 2, row.GetFieldValue<long[]>(3).Zip(row.GetFieldValue<long[]>(4), static (b, perKilogram) => new ShippingRate(b, perKilogram)))))), RememberedMax);
        looks = new(LookAsync, clock, LookPause, AgeMax);
        subscription = bus.Subscribe(PriceChanges.Topic, _ => looks.Hint());
    }

    public async Task<Result<Quote>> QuoteAsync(QuoteRequest request, CancellationToken cancel)
    {
        foreach (var line in request.Lines)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(line.Quantity, 1, nameof(request));
            ArgumentOutOfRangeException.ThrowIfNegative(line.WeightGrams, nameof(request));
        }
        if (!Currencies.Exists(request.Currency)) return QuoteErrors.CurrencyUnavailable(request.Currency);
        if (request.ShippingMethod is { } code && !ShippingCode.IsValid(code)) return QuoteErrors.ShippingMethodUnknown;

        await looks.FreshAsync(cancel);
        var priced = await prices.FindAsync([.. request.Lines.Select(l => l.VariantId.Value).Distinct()], cancel);
        var rule = (await rules.FindAsync([request.Currency], cancel))[request.Currency];
        if (!rule.IsSold) return QuoteErrors.CurrencyUnavailable(request.Currency);
        var rate = request.ShippingMethod is { } method ? rule.Shipping.GetValueOrDefault(method) : null;
        if (request.ShippingMethod is not null && rate is null) return QuoteErrors.ShippingMethodUnknown;
        var unitPrices = new Dictionary<VariantId, long>();
        foreach (var id in request.Lines.Select(l => l.VariantId))
            if (priced.TryGetValue(id.Value, out var amounts) && amounts.TryGetValue(request.Currency, out var amount)) unitPrices[id] = amount;
        return QuoteMath.Of(new(request.Currency, unitPrices, rate, tax.PartsPerMillion), request.Lines);
    }

    async Task LookAsync()
    {
        var now = await db.QueryFirstAsync(PriceChanges.Look, static row => row.GetInt64(0), [], CancellationToken.None);
        if (now == version) return;
        prices.Forget();
        rules.Forget();
        version = now;
    }

    public void Dispose() => subscription.Dispose();

    static Dictionary<string, T> Zip<T>(NpgsqlDataReader row, int keys, IEnumerable<T> values) =>
        row.GetFieldValue<string[]>(keys).Zip(values).ToDictionary(pair => pair.First, pair => pair.Second, StringComparer.Ordinal);

    public Task<int> SetListPricesAsync(IReadOnlyList<ListPrice> prices, CancellationToken cancel) =>
        SetListPrices.RunAsync(db, bus, prices, clock.GetUtcNow(), cancel);

    public Task<int> SetShippingMethodsAsync(IReadOnlyList<ShippingMethod> methods, CancellationToken cancel) =>
        SetShippingMethods.RunAsync(db, bus, methods, cancel);

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
