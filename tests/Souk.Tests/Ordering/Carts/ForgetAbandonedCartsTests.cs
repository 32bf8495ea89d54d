using System.Net;
using Souk.Ordering.Carts;
using Souk.Platform.Jobs;
using Souk.Tests.Identity;

namespace Souk.Tests.Ordering.Carts;

public sealed class ForgetAbandonedCartsTests(CartShop shop) : IClassFixture<CartShop>
{
    [Fact]
    public async Task Carts_that_nobody_changed_for_long_are_removed_with_their_lines_and_others_stay()
    {
        var (abandoned, kept, ordered) = (await shop.NewCartAsync((shop.Variants[0], 1)), await shop.NewCartAsync((shop.Variants[0], 1)), await shop.NewCartAsync((shop.Variants[0], 1)));
        await shop.OrderAsync(ordered);
        // More than one batch.
        await shop.RunAsync("""
            INSERT INTO ordering.carts (customer_id, id, currency, version, created_at, updated_at)
            SELECT gen_random_uuid(), gen_random_uuid(), 'USD', 1, $1, $1 FROM generate_series(1, 1100)
            """, shop.Clock.GetUtcNow());

        shop.Clock.Advance(TimeSpan.FromDays(89));
        await RunAsync();
        Assert.Equal(1103L, await shop.ScalarAsync<long>("SELECT count(*) FROM ordering.carts"));
        await (await kept.PutLine(shop.Variants[0], 2)).Ok();

        shop.Clock.Advance(TimeSpan.FromDays(2));
        await RunAsync();
        await RunAsync();

        Assert.Equal((1L, 1L), (await shop.ScalarAsync<long>("SELECT count(*) FROM ordering.carts"), await shop.ScalarAsync<long>("SELECT count(*) FROM ordering.cart_lines")));
        Assert.Equal([(shop.Variants[0], 2)], (await kept.Read()).Lines());
        await (await abandoned.Http.GetAsync(abandoned.Path)).Problem(HttpStatusCode.NotFound, "cart_not_found");
        await (await abandoned.PutLine(shop.Variants[0], 1)).Problem(HttpStatusCode.NotFound, "cart_not_found");
    }

    [Fact]
    public void Days_out_of_range_stop_the_start()
    {
        foreach (var days in new[] { "0", "-1", "3651" })
            Assert.Throws<InvalidOperationException>(() => CartOptions.Read(Configured(days)));
        Assert.Equal(7, CartOptions.Read(Configured("7")).ForgetAfterDays);
    }

    static Microsoft.Extensions.Configuration.IConfiguration Configured(string days) =>
        Microsoft.Extensions.Configuration.MemoryConfigurationBuilderExtensions.AddInMemoryCollection(
            new Microsoft.Extensions.Configuration.ConfigurationBuilder(), new Dictionary<string, string?> { ["Carts:ForgetAfterDays"] = days }).Build();

    Task RunAsync() => ForgetAbandonedCarts.RunAsync(new(shop.Clock.GetUtcNow()), new JobContext(Guid.NewGuid(), 1, shop.App.Services), CancellationToken.None);
}
