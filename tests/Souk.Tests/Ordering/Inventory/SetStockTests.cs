using Microsoft.Extensions.DependencyInjection;
using Souk.Contracts;
using Souk.Platform.Ids;

namespace Souk.Tests.Ordering.Inventory;

public sealed class SetStockTests(OrderingShop shop) : IClassFixture<OrderingShop>
{
    IOrdering Ordering => shop.App.Services.GetRequiredService<IOrdering>();

    [Fact]
    public async Task Sets_levels_of_many_locations_and_repeated_changes_nothing()
    {
        var variant = Id<VariantKind>.New(shop.Clock);
        StockLevel[] levels = [new(variant, "North", 3), new(variant, "South", 4)];
        Assert.Equal(2, (await Ordering.SetStockAsync(levels, CancellationToken.None)).Changed);
        Assert.Equal(0, (await Ordering.SetStockAsync(levels, CancellationToken.None)).Changed);
        Assert.Equal(1, (await Ordering.SetStockAsync([new(variant, "North", 0), levels[1]], CancellationToken.None)).Changed);
        Assert.Equal((4, 0, 4), await shop.StockAsync(variant.ToString()));
    }

    [Fact]
    public async Task Keeps_what_is_promised_and_names_it_while_the_others_are_set()
    {
        var (sold, other) = (await shop.NewVariantAsync(5), Id<VariantKind>.New(shop.Clock));
        await shop.PlacedAsync(OrderingShop.OrderOf(sold, 4));
        Assert.True(Id<VariantKind>.TryRead(sold, out var id));

        var set = await Ordering.SetStockAsync([new(id, OrderingShop.Location, 3), new(other, OrderingShop.Location, 9)], CancellationToken.None);
        Assert.Equal(1, set.Changed);
        Assert.Equal([id], set.Promised);
        Assert.Equal((5, 4, 1), await shop.StockAsync(sold));
        Assert.Equal((9, 0, 9), await shop.StockAsync(other.ToString()));
    }

    [Fact]
    public async Task Imports_and_sales_at_once_never_deadlock_and_lose_nothing()
    {
        var variants = new List<string>();
        for (var i = 0; i < 5; i++) variants.Add(await shop.NewVariantAsync(100));
        var levels = variants.Select(v => { Id<VariantKind>.TryRead(v, out var id); return id; }).ToList();

        var sales = Enumerable.Range(0, 40).Select(async i => { using var answer = await shop.PlaceAsync(new
        {
            lines = variants.Skip(i % 3).Take(3).Reverse().Select(variantId => new { variantId, quantity = 1 }), email = "guest@example.com",
        }); Assert.True(answer.IsSuccessStatusCode); });
        var imports = Enumerable.Range(0, 10).Select(i => (Task)Ordering.SetStockAsync([.. levels.Select(v => new StockLevel(v, OrderingShop.Location, 80 + i))], CancellationToken.None));
        await Task.WhenAll(sales.Concat(imports));

        Assert.Equal(40 * 3L, await shop.ScalarAsync<long>($"SELECT sum(reserved) FROM ordering.stock WHERE variant_id IN ({string.Join(',', levels.Select(v => $"'{v.Value}'"))})"));
        foreach (var variant in variants) Assert.InRange((await shop.StockAsync(variant)).OnHand, 80, 89);
        Assert.Equal(0L, await shop.ScalarAsync<long>("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"));
    }

    [Fact]
    public async Task Refuses_levels_that_no_shelf_can_have()
    {
        var variant = Id<VariantKind>.New(shop.Clock);
        await Assert.ThrowsAsync<ArgumentException>(() => Ordering.SetStockAsync([new(variant, "North", -1)], CancellationToken.None));
        await Assert.ThrowsAsync<ArgumentException>(() => Ordering.SetStockAsync([new(variant, "", 1)], CancellationToken.None));
        await Assert.ThrowsAsync<ArgumentException>(() => Ordering.SetStockAsync([new(variant, "North", 1), new(variant, "North", 2)], CancellationToken.None));
    }
}
