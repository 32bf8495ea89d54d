using Souk.Contracts;

namespace Souk.Tests.Pricing.Prices;

public sealed class SetListPricesTests(PricingShop shop) : IClassFixture<PricingShop>
{
    [Fact]
    public async Task Every_change_is_told_once_with_the_next_version_and_no_change_is_not()
    {
        var variant = shop.NewVariant();
        Assert.Equal(1, await SetAsync(new ListPrice(variant, new(100, "USD"))));
        Assert.Equal(0, await SetAsync(new ListPrice(variant, new(100, "USD"))));
        Assert.Equal(2, await SetAsync(new(variant, new(200, "USD")), new(variant, new(180, "EUR"))));
        Assert.Equal(1, await SetAsync(new(variant, new(200, "USD")), new(variant, new(170, "EUR"))));

        Assert.Equal([(1, 100, "USD"), (2, 180, "EUR"), (3, 200, "USD"), (4, 170, "EUR")], await shop.ToldAsync(variant));
    }

    /// <summary>Every other caller names the variants in the opposite order, which deadlocks if locks follow the caller's order.</summary>
    [Fact]
    public async Task Rivals_queue_and_their_versions_have_no_gap()
    {
        var variants = Enumerable.Range(0, 20).Select(_ => shop.NewVariant()).ToList();

        await Task.WhenAll(Enumerable.Range(1, 24).Select(caller => SetAsync(
            [.. (caller % 2 == 0 ? variants : Enumerable.Reverse(variants)).Select(variant => new ListPrice(variant, new(caller, "USD")))])));

        foreach (var variant in variants)
            Assert.Equal(Enumerable.Range(1, 24), (await shop.ToldAsync(variant)).Select(told => told.Version));
    }

    [Fact]
    public async Task What_is_no_price_sets_none()
    {
        var variant = shop.NewVariant();
        await Assert.ThrowsAsync<ArgumentException>(() => SetAsync(new(variant, new(1, "USD")), new(variant, new(2, "USD"))));
        await Assert.ThrowsAsync<ArgumentException>(() => SetAsync(new ListPrice(variant, new(-1, "USD"))));
        await Assert.ThrowsAsync<ArgumentException>(() => SetAsync(new ListPrice(variant, new(1, "usd"))));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => SetAsync([.. Enumerable.Range(0, 1_001).Select(_ => new ListPrice(shop.NewVariant(), new(1, "USD")))]));
        Assert.Empty(await shop.ToldAsync(variant));
    }

    Task<int> SetAsync(params ListPrice[] prices) => shop.Pricing.SetListPricesAsync(prices, CancellationToken.None);
}
