using System.Net;
using System.Net.Http.Json;
using Souk.Tests.Identity;

namespace Souk.Tests.Ordering.Inventory;

public sealed class SetStockLevelTests(OrderingShop shop) : IClassFixture<OrderingShop>
{
    async Task<HttpResponseMessage> CountAsync(string variant, object request, string? location = null, string? ifMatch = null)
    {
        using var message = new HttpRequestMessage(HttpMethod.Put, $"/v1/admin/stock/{variant}/locations/{location ?? await shop.LocationIdAsync()}")
        { Content = JsonContent.Create(request) };
        if (ifMatch is not null) message.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        return await shop.Staff.SendAsync(message);
    }

    [Fact]
    public async Task Sets_what_was_counted_and_repeated_changes_nothing()
    {
        var variant = await shop.NewVariantAsync(12);
        using var first = await CountAsync(variant, new { onHand = 20 });
        using var again = await CountAsync(variant, new { onHand = 20 });
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (first.StatusCode, again.StatusCode));
        Assert.Equal("\"2\"", again.Headers.ETag!.Tag);
        Assert.Equal((20, 0, 20), await shop.StockAsync(variant));
        Assert.Equal(2, (await again.Body()).GetProperty("movements").GetArrayLength());
    }

    [Fact]
    public async Task Stocks_a_variant_that_never_had_stock_also_with_nothing()
    {
        await shop.NewVariantAsync(1);
        var variant = await shop.NewVariantAsync(null);
        using var empty = await CountAsync(variant, new { onHand = 0 });
        Assert.Equal((HttpStatusCode.OK, "\"1\""), (empty.StatusCode, empty.Headers.ETag!.Tag));
        using var filled = await CountAsync(variant, new { onHand = 3 }, ifMatch: "\"1\"");
        Assert.Equal(HttpStatusCode.OK, filled.StatusCode);
        await shop.PlacedAsync(OrderingShop.OrderOf(variant, 3));
        Assert.Equal((3, 3, 0), await shop.StockAsync(variant));
    }

    [Fact]
    public async Task Never_counts_away_what_is_promised()
    {
        var variant = await shop.NewVariantAsync(10);
        await shop.PlacedAsync(OrderingShop.OrderOf(variant, 4));
        await (await CountAsync(variant, new { onHand = 3 })).Problem(HttpStatusCode.Conflict, "stock_reserved");
        Assert.Equal((10, 4, 6), await shop.StockAsync(variant));
        Assert.Equal(HttpStatusCode.OK, (await CountAsync(variant, new { onHand = 4 })).StatusCode);
        Assert.Equal((4, 4, 0), await shop.StockAsync(variant));
    }

    [Fact]
    public async Task Counts_and_sales_at_once_lose_nothing()
    {
        var variant = await shop.NewVariantAsync(100);
        var sales = Enumerable.Range(0, 40).Select(_ => shop.PlaceAsync(OrderingShop.OrderOf(variant)));
        var counts = Enumerable.Range(0, 20).Select(i => CountAsync(variant, new { onHand = 60 + i }));
        var answers = await Task.WhenAll(sales.Concat(counts));
        Assert.All(answers, a => Assert.True((int)a.StatusCode < 300));
        var (onHand, reserved, _) = await shop.StockAsync(variant);
        Assert.Equal(40, reserved);
        Assert.InRange(onHand, 60, 79);
    }

    [Fact]
    public async Task Refuses_a_version_that_has_passed_and_a_level_that_cannot_be()
    {
        var variant = await shop.NewVariantAsync(1);
        await (await CountAsync(variant, new { onHand = 2 }, ifMatch: "\"7\"")).Problem(HttpStatusCode.PreconditionFailed, "version_mismatch");
        await (await CountAsync(variant, new { onHand = -1 })).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        await (await CountAsync(variant, new { })).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        await (await CountAsync(variant, new { onHand = 2 }, location: "loc_00000000000000000000000000")).Problem(HttpStatusCode.NotFound, "location_not_found");
        await (await CountAsync("var_00000000000000000000000000", new { onHand = 2 })).Problem(HttpStatusCode.NotFound, "variant_not_found");
    }
}
