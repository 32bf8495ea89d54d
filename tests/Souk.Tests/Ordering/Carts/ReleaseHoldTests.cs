using System.Net;
using Souk.Tests.Identity;

namespace Souk.Tests.Ordering.Carts;

public sealed class ReleaseHoldTests(OrderingShop shop) : IClassFixture<OrderingShop>
{
    async Task<HttpResponseMessage> ReleaseAsync(string cart, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, $"/v1/carts/{cart}/holds");
        if (token is not null) request.Headers.Add("Souk-Cart-Token", token);
        return await shop.Http.SendAsync(request);
    }

    [Fact]
    public async Task Frees_the_units_once_however_often_and_at_the_same_time_it_is_sent()
    {
        var variant = await shop.NewVariantAsync(6);
        using var made = await shop.PostAsync("/v1/carts", new { lines = new[] { new { variantId = variant, quantity = 4 } } }, null);
        var cart = await made.Body();
        await shop.PostAsync($"/v1/carts/{cart.Text("id")}/holds", new { }, null, shop.Http, ("Souk-Cart-Token", cart.Text("cartToken")));
        Assert.Equal((6, 4, 2), await shop.StockAsync(variant));
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => ReleaseAsync(cart.Text("id"), cart.Text("cartToken"))));
        Assert.All(answers, a => Assert.Equal(HttpStatusCode.NoContent, a.StatusCode));
        Assert.Equal((6, 0, 6), await shop.StockAsync(variant));
        await (await ReleaseAsync(cart.Text("id"), null)).Problem(HttpStatusCode.NotFound, "cart_not_found");
    }
}
