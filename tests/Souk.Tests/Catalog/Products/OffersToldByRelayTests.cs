using Souk.Host;

namespace Souk.Tests.Catalog.Products;

/// <summary>The other tests of the catalogue tell events by hand; here the shop does it as it does in production.</summary>
public sealed class OffersToldByRelayTests(OffersToldByRelayTests.WorkingShop shop) : IClassFixture<OffersToldByRelayTests.WorkingShop>
{
    public sealed class WorkingShop(TestPostgres postgres) : CatalogShop(postgres)
    {
        protected override ShopSettings Adjust(ShopSettings settings) => settings;
    }

    [Fact]
    public async Task A_changed_price_is_shown_soon_after()
    {
        foreach (var price in new[] { "9.99", "12.50" })
        {
            await shop.ImportLinesAsync(CatalogFolder.Product("Lamp", "Gear", $$"""{"sku": "LAMP-1", "price": "{{price}}", "currency": "USD"}"""));
            var amount = long.Parse(price.Replace(".", "", StringComparison.Ordinal), System.Globalization.CultureInfo.InvariantCulture);
            await Answers.Eventually(async () =>
            {
                var variant = (await shop.GetAsync("/v1/products/lamp")).GetProperty("variants")[0];
                return variant.TryGetProperty("price", out var shown) && shown.GetProperty("amount").GetInt64() == amount;
            }, $"the price is {price}");
        }
    }
}
