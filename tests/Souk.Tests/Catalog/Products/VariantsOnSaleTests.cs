using Microsoft.Extensions.DependencyInjection;
using Souk.Catalog.Products;
using Souk.Contracts;
using Souk.Platform.Ids;

namespace Souk.Tests.Catalog.Products;

public sealed class VariantsOnSaleTests(SampleShop shop) : IClassFixture<SampleShop>
{
    [Fact]
    public async Task Tells_the_facts_of_what_is_sold_and_leaves_out_the_rest()
    {
        var sold = await shop.VariantAsync("hl-mountain-tire", "TI-M823");
        var ended = new Id<VariantKind>(await shop.ScalarAsync<Guid>("SELECT id FROM catalog.variants WHERE sku = 'BK-R93R-62'"));

        var facts = await shop.App.Services.GetRequiredService<ICatalog>().VariantsAsync([sold, ended, Id<VariantKind>.New(shop.Clock)], CancellationToken.None);

        var fact = Assert.Single(facts);
        Assert.Equal((sold, "TI-M823", "HL Mountain Tire", 0), (fact.Id, fact.Sku, fact.Name, fact.WeightGrams));
        Assert.Equal((await shop.GetAsync("/v1/products/hl-mountain-tire")).Text("id"), fact.ProductId.ToString());
    }

    [Theory]
    [InlineData("Road-150", "Road-150 Red, 62", "Road-150 Red, 62")]
    [InlineData("Cycling Cap", "AWC Logo Cap", "Cycling Cap - AWC Logo Cap")]
    [InlineData("Patch kit", "Patch Kit/8 Patches", "Patch Kit/8 Patches")]
    public void Names_product_and_variant_once(string product, string variant, string name) => Assert.Equal(name, VariantsOnSale.NameOf(product, variant));
}
