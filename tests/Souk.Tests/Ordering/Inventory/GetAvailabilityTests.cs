using System.Net;
using Souk.Ordering.Inventory;

namespace Souk.Tests.Ordering.Inventory;

public sealed class GetAvailabilityTests(OrderingShop shop) : IClassFixture<OrderingShop>
{
    [Fact]
    public async Task Shows_exact_units_in_the_order_asked_and_nothing_for_what_was_never_stocked()
    {
        var (many, few, none) = (await shop.NewVariantAsync(40), await shop.NewVariantAsync(3), await shop.NewVariantAsync(null));

        using var answer = await shop.Http.GetAsync($"/v1/availability?variantIds={few},{many},{none},{few}");
        Assert.True(answer.Headers.CacheControl!.NoStore);
        Assert.Equal([(few, 3, "low"), (many, 40, "in_stock"), (none, 0, "out")], (await answer.Body()).GetProperty("items").EnumerateArray()
            .Select(i => (i.Text("variantId"), i.GetProperty("available").GetInt32(), i.Text("stockState"))));
    }

    [Fact]
    public async Task Counts_what_orders_hold()
    {
        var variant = await shop.NewVariantAsync(7);
        await shop.PlacedAsync(OrderingShop.OrderOf(variant, 7));

        var item = (await (await shop.Http.GetAsync($"/v1/availability?variantIds={variant}")).Body()).GetProperty("items")[0];
        Assert.Equal((0, "out"), (item.GetProperty("available").GetInt32(), item.Text("stockState")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("?variantIds=")]
    [InlineData("?variantIds=ord_00000000000000000000000000")]
    [InlineData("?variantIds=nonsense,%00")]
    public async Task Refuses_what_are_no_variant_ids(string query)
    {
        using var answer = await shop.Http.GetAsync($"/v1/availability{query}");
        Assert.Equal((HttpStatusCode.BadRequest, "variant_ids_invalid"), (answer.StatusCode, await answer.Code()));
    }

    [Fact]
    public void Takes_a_hundred_ids_and_no_more()
    {
        var ids = Enumerable.Range(0, GetAvailability.VariantsMax + 1).Select(_ => Souk.Platform.Ids.Id<Souk.Contracts.VariantKind>.New(TimeProvider.System).ToString()).ToList();
        Assert.Equal(GetAvailability.VariantsMax, GetAvailability.Read(string.Join(',', ids.Skip(1)))!.Count);
        Assert.Null(GetAvailability.Read(string.Join(',', ids)));
    }
}
