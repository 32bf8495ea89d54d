using Souk.Contracts;
using Souk.Platform.Ids;
using Souk.Platform.Outbox;

namespace Souk.Tests.Catalog.Products;

public sealed class ShowStockStateTests(CatalogShop shop) : IClassFixture<CatalogShop>
{
    [Theory]
    [InlineData(StockState.InStock, "in_stock")]
    [InlineData(StockState.Low, "low")]
    [InlineData(StockState.Backorder, "backorder")]
    public async Task A_variant_shows_how_much_there_is(StockState state, string shown)
    {
        var slug = $"state-{state}".ToLowerInvariant();
        await shop.ImportLinesAsync(CatalogFolder.Line(slug, slug));
        await Told.AllAsync(shop);
        var before = await shop.GetAsync($"/v1/products/{slug}");
        Assert.Equal("out", before.GetProperty("variants")[0].Text("stockState"));

        await TellAsync(CatalogShop.Variant(before, slug), state, version: 1);
        await Told.AllAsync(shop);

        var after = await shop.GetAsync($"/v1/products/{slug}");
        Assert.Equal(shown, after.GetProperty("variants")[0].Text("stockState"));
        Assert.Equal(before.GetProperty("version").GetInt32() + 1, after.GetProperty("version").GetInt32());
    }

    [Fact]
    public async Task What_is_told_before_the_variant_exists_harms_nobody()
    {
        await TellAsync(Id<VariantKind>.New(shop.Clock), StockState.Low, version: 1);
        await Told.AllAsync(shop);
    }

    async Task TellAsync(Id<VariantKind> variant, StockState state, int version)
    {
        await using var connection = await shop.Db.OpenConnectionAsync();
        await connection.AppendEventAsync(variant.Value, version, shop.Clock.GetUtcNow(), new StockStateChanged(variant, state), CancellationToken.None);
    }
}
