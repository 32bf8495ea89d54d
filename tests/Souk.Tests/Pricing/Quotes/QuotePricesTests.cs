using Souk.Contracts;
using Souk.Platform.Errors;
using Souk.Pricing.Quotes;

namespace Souk.Tests.Pricing.Quotes;

public sealed class QuotePricesTests(PricingShop shop) : IClassFixture<PricingShop>
{
    [Fact]
    public async Task A_quote_takes_list_prices_the_chosen_method_and_the_tax_of_the_shop()
    {
        await shop.Pricing.SetShippingMethodsAsync([new("by-quote", "By quote", new(995, "USD"), new(199, "USD"))], default);
        var (helmet, sock) = (await shop.PricedAsync(3499), await shop.PricedAsync(950));

        Assert.False((await QuoteAsync("USD", "by-quote", new(helmet, 1, 400), new(sock, 2, 50))).Refused(out _, out var quote));

        // 500 g: 9.95 and 0.995, which goes to the even cent, 1.00; tax 8.875 % of 53.99 + 10.95.
        Assert.Equal((5399L, 0L, 1095L, 576L, 7070L), (quote.Subtotal, quote.Discounts, quote.Shipping, quote.Tax, quote.Total));
        Assert.Equal([new(helmet, 1, 3499, 3499), new(sock, 2, 950, 1900)], quote.Lines);
    }

    [Fact]
    public async Task Each_refusal_says_which_rule_it_was()
    {
        var priced = await shop.PricedAsync(100);
        await shop.PricedAsync(100, "EUR");
        Assert.Equal("currency_unavailable", await Refusal("JPY", null, new QuoteRequestLine(priced, 1, 0)));
        Assert.Equal("currency_unavailable", await Refusal("nonsense\0", null, new QuoteRequestLine(priced, 1, 0)));
        Assert.Equal("price_missing", await Refusal("EUR", null, new QuoteRequestLine(priced, 1, 0)));
        Assert.Equal("price_missing", await Refusal("USD", null, new QuoteRequestLine(priced, 1, 0), new(shop.NewVariant(), 1, 0)));
        Assert.Equal("shipping_method_unknown", await Refusal("USD", "by-balloon", new QuoteRequestLine(priced, 1, 0)));
        Assert.Equal("shipping_method_unknown", await Refusal("USD", "\0", new QuoteRequestLine(priced, 1, 0)));
        Assert.Equal("amount_too_large", await Refusal("USD", null, new QuoteRequestLine(await shop.PricedAsync(QuoteMath.AmountMax), int.MaxValue, 0)));
    }

    [Fact]
    public async Task A_method_of_another_currency_is_unknown()
    {
        await shop.Pricing.SetShippingMethodsAsync([new("euro-only", "Euro only", new(500, "EUR"), new(0, "EUR"))], default);
        Assert.Equal("shipping_method_unknown", await Refusal("USD", "euro-only", new QuoteRequestLine(await shop.PricedAsync(100), 1, 0)));
    }

    [Fact]
    public async Task An_empty_cart_costs_nothing()
    {
        await shop.PricedAsync(100);
        Assert.False((await QuoteAsync("USD", null)).Refused(out _, out var quote));
        Assert.Equal(0, quote.Total);
    }

    Task<Result<Quote>> QuoteAsync(string currency, string? method, params QuoteRequestLine[] lines) =>
        shop.Pricing.QuoteAsync(new(currency, lines, method), CancellationToken.None);

    async Task<string?> Refusal(string currency, string? method, params QuoteRequestLine[] lines) => (await QuoteAsync(currency, method, lines)).Error?.Code;
}
