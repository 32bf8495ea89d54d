using Souk.Contracts;

namespace Souk.Pricing.Quotes;

/// <summary>Works out quotes. Pure: the same snapshot and lines always cost the same.</summary>
internal static class QuoteMath
{
    /// <summary>The largest amount of a quote, in minor units: 2⁵³ − 1, the largest whole number that every JSON reader keeps.</summary>
    public const long AmountMax = 9_007_199_254_740_991;

    /// <summary>
    /// Line totals are price × quantity. Shipping is base + rate × weight, once for the parcel; nothing to send costs nothing. Tax is taken once, on goods
    /// after discounts plus shipping, so that no cent depends on how the goods are split into lines. Both round half to even.
    /// </summary>
    public static Result<Quote> Of(PriceSnapshot rules, IReadOnlyList<QuoteRequestLine> lines)
    {
        var missing = lines.Select(l => l.VariantId).Where(id => !rules.UnitPrices.ContainsKey(id)).Distinct().ToList();
        if (missing.Count > 0) return QuoteErrors.PriceMissing(rules.Currency, missing);

        // 128 bits hold any product of a price and a quantity, so that the one check at the end sees what was really asked.
        var totals = lines.Select(l => (Int128)rules.UnitPrices[l.VariantId] * l.Quantity).ToList();
        var subtotal = totals.Aggregate(Int128.Zero, (sum, total) => sum + total);
        var grams = lines.Aggregate(Int128.Zero, (sum, l) => sum + (Int128)l.WeightGrams * l.Quantity);
        var shipping = rules.Shipping is { } rate && lines.Count > 0 ? rate.Base + DivideHalfEven(rate.PerKilogram * grams, 1_000) : 0;
        Int128 discounts = 0;
        var tax = DivideHalfEven((subtotal - discounts + shipping) * rules.TaxPartsPerMillion, 1_000_000);
        var total = subtotal - discounts + shipping + tax;
        if (total > AmountMax) return QuoteErrors.AmountTooLarge;

        return new Quote(rules.Currency,
            [.. lines.Zip(totals, (l, lineTotal) => new QuoteLine(l.VariantId, l.Quantity, rules.UnitPrices[l.VariantId], (long)lineTotal))],
            (long)subtotal, (long)discounts, (long)shipping, (long)tax, (long)total);
    }

    /// <summary>Rounds the quotient of two numbers that are not negative to the nearest whole, and a half to the even one.</summary>
    static Int128 DivideHalfEven(Int128 dividend, Int128 divisor)
    {
        var (quotient, rest) = Int128.DivRem(dividend, divisor);
        var twice = rest * 2;
        return twice > divisor || (twice == divisor && Int128.IsOddInteger(quotient)) ? quotient + 1 : quotient;
    }
}
