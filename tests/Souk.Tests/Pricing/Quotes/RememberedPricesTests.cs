using System.Diagnostics;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Souk.Contracts;
using Souk.Platform.Ids;
using Souk.Pricing.Quotes;
using Souk.Tests.Catalog;

namespace Souk.Tests.Pricing.Quotes;

/// <summary>What a node remembers of prices is right when another node changes them, with the bus and without.</summary>
public sealed class RememberedPricesTests(PricingShop shop) : IClassFixture<PricingShop>
{
    [Fact]
    public async Task Whoever_changed_a_price_is_quoted_it_at_once()
    {
        var variant = await shop.PricedAsync(1);
        for (var version = 1; version <= 20; version += 2)
        {
            using var change = new HttpRequestMessage(HttpMethod.Put, $"/v1/admin/prices/{variant}") { Content = JsonContent.Create(new { amount = 1_000 + version, currency = "USD" }) };
            change.Headers.TryAddWithoutValidation("If-Match", $"\"{version}\"");
            (await shop.Staff.SendAsync(change)).EnsureSuccessStatusCode();
            Assert.Equal(1_000 + version, await QuoteAsync(shop.Pricing, variant));

            await shop.Pricing.SetListPricesAsync([new(variant, new(version, "USD"))], CancellationToken.None);
            Assert.Equal(version, await QuoteAsync(shop.Pricing, variant));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Another_node_quotes_a_new_price_within_a_second(bool busWorks)
    {
        await using var other = await ReadNode.StartAsync(shop, busWorks);
        var pricing = other.App.Services.GetRequiredService<IPricing>();
        var variant = await shop.PricedAsync(100);
        foreach (var amount in new[] { 200, 300, 400 })
        {
            await QuoteAsync(pricing, variant);
            await shop.Pricing.SetListPricesAsync([new(variant, new(amount, "USD"))], CancellationToken.None);
            var committed = Stopwatch.GetTimestamp();
            await Answers.Eventually(async () =>
            {
                var asked = Stopwatch.GetElapsedTime(committed);
                var quoted = await QuoteAsync(pricing, variant);
                Assert.True(quoted == amount || asked < QuotePrices.AgeMax, $"{quoted} was quoted {asked} after {amount} was committed");
                return quoted == amount;
            }, "the new price is quoted");
        }
    }

    [Fact]
    public async Task A_shipping_method_that_changed_is_quoted_at_once_and_a_new_one_is_known()
    {
        var variant = await shop.PricedAsync(1_000);
        foreach (var fee in new[] { 100, 250, 0 })
        {
            await shop.Pricing.SetShippingMethodsAsync([new("changing", "Changing", new(fee, "USD"), new(0, "USD"))], CancellationToken.None);
            Assert.False((await shop.Pricing.QuoteAsync(new("USD", [new(variant, 1, 0)], "changing"), CancellationToken.None)).Refused(out _, out var quote));
            Assert.Equal(fee, quote.Shipping);
        }
    }

    [Fact]
    public async Task Nothing_is_counted_for_a_price_that_stays()
    {
        var variant = await shop.PricedAsync(700);
        var before = await VersionAsync();
        await shop.Pricing.SetListPricesAsync([new(variant, new(700, "USD"))], CancellationToken.None);
        Assert.Equal(before, await VersionAsync());
        await shop.Pricing.SetListPricesAsync([new(variant, new(701, "USD"))], CancellationToken.None);
        Assert.Equal(before + 1, await VersionAsync());
    }

    static async Task<long> QuoteAsync(IPricing pricing, Id<VariantKind> variant)
    {
        Assert.False((await pricing.QuoteAsync(new("USD", [new(variant, 1, 0)], null), CancellationToken.None)).Refused(out _, out var quote));
        return quote.Subtotal;
    }

    async Task<long> VersionAsync()
    {
        await using var command = shop.Db.CreateCommand("SELECT version FROM pricing.changes");
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
