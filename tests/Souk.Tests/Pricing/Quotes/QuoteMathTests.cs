using System.Collections.Frozen;
using Souk.Contracts;
using Souk.Platform.Ids;
using Souk.Pricing.Quotes;

namespace Souk.Tests.Pricing.Quotes;

public sealed class QuoteMathTests
{
    static readonly Id<VariantKind> First = new(Guid.CreateVersion7()), Second = new(Guid.CreateVersion7());

    // Two lines of which the second costs 1000 and weighs 250 g each; the first as the row says. Tax in parts per million.
    [Theory]
    //          price  qty  grams  qty2  base  perKg     tax  subtotal  shipping  tax  total
    [InlineData(1999,    1,     0,    0,    0,     0,      0,     1999,        0,   0,  1999)]
    [InlineData(1999,    3,     0,    0,    0,     0,      0,     5997,        0,   0,  5997)]
    [InlineData(1999,    1,     0,    2,    0,     0,      0,     3999,        0,   0,  3999)]
    [InlineData(0,       1,     0,    0,    0,     0,  88750,        0,        0,   0,     0)]
    [InlineData(1000,    1,     0,    0,    0,     0,  88750,     1000,        0,  89,  1089)]   // 88.75
    [InlineData(200,     1,     0,    0,    0,     0,  12500,      200,        0,   2,   202)]   // 2.5 → 2
    [InlineData(280,     1,     0,    0,    0,     0,  12500,      280,        0,   4,   284)]   // 3.5 → 4
    [InlineData(1000,    1,     0,    0,    0,     0, 1000000,    1000,        0, 1000, 2000)]
    [InlineData(1000,    1,     0,    0,  395,    99,      0,     1000,      395,   0,  1395)]
    [InlineData(1000,    1,  1000,    0,  395,    99,      0,     1000,      494,   0,  1494)]
    [InlineData(1000,    2,   500,    0,  395,    99,      0,     2000,      494,   0,  2494)]
    [InlineData(1000,    1,   500,    0,  395,    99,      0,     1000,      445,   0,  1445)]   // 49.5 → 50
    [InlineData(1000,    1,   500,    0,  395,    97,      0,     1000,      443,   0,  1443)]   // 48.5 → 48
    [InlineData(1000,    1,   500,    2,  395,    99,      0,     3000,      494,   0,  3494)]   // 500 + 2 × 250 g
    [InlineData(1000,    1,  1000,    0,  395,    99,  88750,     1000,      494, 133,  1627)]   // tax on shipping too: 132.59
    public void Adds_up(long price, int quantity, int grams, int secondQuantity, long @base, long perKilogram, int tax,
        long subtotal, long shipping, long taxed, long total)
    {
        List<QuoteRequestLine> lines = [new(First, quantity, grams)];
        if (secondQuantity > 0) lines.Add(new(Second, secondQuantity, 250));

        Assert.False(QuoteMath.Of(Rules(price, new(@base, perKilogram), tax), lines).Refused(out _, out var quote));

        Assert.Equal((subtotal, 0, shipping, taxed, total), (quote.Subtotal, quote.Discounts, quote.Shipping, quote.Tax, quote.Total));
        Assert.Equal(quote.Subtotal, quote.Lines.Sum(l => l.Total));
        Assert.Equal(quote.Total, quote.Subtotal - quote.Discounts + quote.Shipping + quote.Tax);
    }

    [Fact]
    public void Rounds_tax_once_however_the_goods_are_split_into_lines()
    {
        var together = Of(Rules(100, null, 88_750), [new(First, 3, 0)]);
        var apart = Of(Rules(100, null, 88_750), [new(First, 1, 0), new(First, 1, 0), new(First, 1, 0)]);
        Assert.Equal((27, 27), (together.Tax, apart.Tax));
    }

    [Fact]
    public void Ships_nothing_for_nothing() => Assert.Equal(0, Of(Rules(100, new(995, 199), 88_750), []).Total);

    [Fact]
    public void Ships_for_nothing_until_a_method_is_chosen() => Assert.Equal(100, Of(Rules(100, null, 0), [new(First, 1, 5_000)]).Total);

    [Theory]
    [InlineData(QuoteMath.AmountMax, 1, 0, false)]
    [InlineData(QuoteMath.AmountMax, 1, 1, true)]              // a rate of a millionth still makes it too much
    [InlineData(QuoteMath.AmountMax, 2, 0, true)]
    [InlineData(QuoteMath.AmountMax, int.MaxValue, 1_000_000, true)]
    public void Refuses_what_no_JSON_number_holds(long price, int quantity, int tax, bool refused)
    {
        Assert.Equal(refused, QuoteMath.Of(Rules(price, new(0, QuoteMath.AmountMax), tax), [new(First, quantity, refused ? int.MaxValue : 0)]).Refused(out var error, out _));
        Assert.Equal(refused ? "amount_too_large" : null, error?.Code);
    }

    [Fact]
    public void Names_each_variant_without_a_price_once()
    {
        var other = new Id<VariantKind>(Guid.CreateVersion7());
        Assert.True(QuoteMath.Of(Rules(1, null, 0), [new(First, 1, 0), new(other, 1, 0), new(other, 2, 0)]).Refused(out var error, out _));
        Assert.Equal((422, "price_missing"), (error.Status, error.Code));
        Assert.Equal([other], Assert.IsAssignableFrom<IEnumerable<Id<VariantKind>>>(error.Details.Single(d => d.Name == "variantIds").Value));
    }

    static Quote Of(PriceSnapshot rules, IReadOnlyList<QuoteRequestLine> lines)
    {
        Assert.False(QuoteMath.Of(rules, lines).Refused(out _, out var quote));
        return quote;
    }

    static PriceSnapshot Rules(long price, ShippingRate? shipping, int tax) =>
        new("USD", new Dictionary<Id<VariantKind>, long> { [First] = price, [Second] = 1000 }.ToFrozenDictionary(), shipping, tax);
}
