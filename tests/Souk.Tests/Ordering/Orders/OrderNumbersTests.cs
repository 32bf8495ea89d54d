using Microsoft.Extensions.DependencyInjection;
using Souk.Ordering.Orders;

namespace Souk.Tests.Ordering.Orders;

public sealed class OrderNumbersTests(OrderingShop shop) : IClassFixture<OrderingShop>
{
    OrderNumbers Numbers => shop.App.Services.GetRequiredService<OrderNumbers>();

    [Fact]
    public void Different_counters_give_different_numbers_that_lie_far_apart()
    {
        var numbers = Enumerable.Range(0, 200_000).Select(n => Numbers.Permute((ulong)n)).ToList();
        Assert.Equal(numbers.Count, numbers.Distinct().Count());
        Assert.All(numbers, n => Assert.InRange(n, 0ul, (1ul << 40) - 1));
        // Neighbours tell nothing of each other: about half of them go up, and hardly any are close.
        var steps = numbers.Zip(numbers.Skip(1), (a, b) => (double)b - a).ToList();
        Assert.InRange(steps.Count(s => s > 0), 98_000, 102_000);
        Assert.True(steps.Count(s => Math.Abs(s) < 1_000_000) < 50);
    }

    [Fact]
    public async Task Nodes_that_take_them_at_once_never_take_the_same()
    {
        using var other = new OrderNumbers(shop.Db, shop.App.Services.GetRequiredService<Souk.Platform.MasterKeys>());
        var taken = await Task.WhenAll(Enumerable.Range(0, 5_000).Select(i => (i % 2 == 0 ? Numbers : other).NextAsync(CancellationToken.None).AsTask()));
        Assert.Equal(5_000, taken.Distinct().Count());
    }

    [Theory]
    [InlineData("7k3q-9zdm", "7K3Q-9ZDM")]
    [InlineData(" 7k3q 9zdm ", "7K3Q-9ZDM")]
    [InlineData("7K3Q9ZDM", "7K3Q-9ZDM")]
    [InlineData("oil0-0000", "0110-0000")]
    [InlineData("7K3Q", null)]
    [InlineData("7K3Q-9ZDé", null)]
    [InlineData("", null)]
    public void Are_found_as_people_type_them(string typed, string? number) => Assert.Equal(number, OrderNumbers.Normalise(typed));
}
