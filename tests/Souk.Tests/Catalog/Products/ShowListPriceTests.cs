using Microsoft.Extensions.DependencyInjection;
using Souk.Contracts;
using Souk.Platform.Modules;

namespace Souk.Tests.Catalog.Products;

public sealed class ShowListPriceTests(CatalogShop shop) : IClassFixture<CatalogShop>
{
    [Fact]
    public async Task The_price_of_an_import_is_shown_and_a_change_makes_a_new_version()
    {
        await shop.ImportLinesAsync(CatalogFolder.Line("Priced Bell", "PB-1"));
        await Told.AllAsync(shop);
        var before = await shop.GetAsync("/v1/products/priced-bell");
        var price = before.GetProperty("variants")[0].GetProperty("price");
        Assert.Equal((999, "USD"), (price.GetProperty("amount").GetInt32(), price.Text("currency")));

        var variant = CatalogShop.Variant(before, "PB-1");
        await shop.App.Services.GetRequiredService<IPricing>().SetListPricesAsync([new(variant, new(1250, "USD"))], CancellationToken.None);
        await Told.AllAsync(shop);

        var after = await shop.GetAsync("/v1/products/priced-bell");
        Assert.Equal(1250, after.GetProperty("variants")[0].GetProperty("price").GetProperty("amount").GetInt32());
        Assert.Equal(before.GetProperty("version").GetInt32() + 1, after.GetProperty("version").GetInt32());
    }

    [Fact]
    public async Task A_price_in_another_currency_is_not_shown()
    {
        await shop.ImportLinesAsync(CatalogFolder.Line("Euro Bell", "EB-1"));
        await Told.AllAsync(shop);
        var before = await shop.GetAsync("/v1/products/euro-bell");
        await shop.App.Services.GetRequiredService<IPricing>().SetListPricesAsync([new(CatalogShop.Variant(before, "EB-1"), new(800, "EUR"))], CancellationToken.None);
        await Told.AllAsync(shop);
        Assert.Equal(before.ToString(), (await shop.GetAsync("/v1/products/euro-bell")).ToString());
    }

    [Fact]
    public void Is_told_under_a_name_that_never_changes() => Assert.Equal(["catalog.show-list-price", "catalog.show-stock-state"],
        shop.App.Services.GetRequiredService<WorkMap>().Subscriptions.Select(s => s.Subscriber).Where(s => s.StartsWith("catalog.", StringComparison.Ordinal)).Order());
}
