using System.Net;
using Souk.Tests.Identity;

namespace Souk.Tests.Ordering.Orders;

public sealed class ReadOrderTests(OrderingShop shop) : IClassFixture<OrderingShop>
{
    [Fact]
    public async Task Is_its_customers_alone()
    {
        var variant = await shop.NewVariantAsync(9);
        var (ada, bob) = (await shop.NewPerson(), await shop.NewPerson());
        var order = await shop.PlacedAsync(OrderingShop.OrderOf(variant, email: null), by: ada.Http);
        var guest = await shop.PlacedAsync(OrderingShop.OrderOf(variant));

        Assert.False(order.TryGetProperty("orderToken", out _));
        Assert.Equal(HttpStatusCode.OK, (await shop.GetAsync($"/v1/orders/{order.Text("id")}", by: ada.Http)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await shop.GetAsync($"/v1/orders/{guest.Text("id")}", guest.Text("orderToken"))).StatusCode);
        // Somebody who signs in after ordering as a guest keeps both.
        Assert.Equal(HttpStatusCode.OK, (await shop.GetAsync($"/v1/orders/{guest.Text("id")}", guest.Text("orderToken"), ada.Http)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await shop.GetAsync($"/v1/orders/{order.Text("id")}", guest.Text("orderToken"), ada.Http)).StatusCode);
        foreach (var (id, token, by) in new (string, string?, HttpClient?)[]
        {
            (order.Text("id"), null, bob.Http), (order.Text("id"), null, null), (order.Text("id"), guest.Text("orderToken"), null),
            (guest.Text("id"), null, ada.Http), (guest.Text("id"), "nonsense", null), ("cart_00000000000000000000000000", null, ada.Http), ("x", null, ada.Http),
        })
            await (await shop.GetAsync($"/v1/orders/{id}", token, by)).Problem(HttpStatusCode.NotFound, "order_not_found");
    }

    [Fact]
    public async Task Says_not_modified_to_who_has_this_version_and_lets_nobody_else_keep_it()
    {
        var ada = await shop.NewPerson();
        var order = await shop.PlacedAsync(OrderingShop.OrderOf(await shop.NewVariantAsync(1), email: null), by: ada.Http);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/orders/{order.Text("id")}");
        request.Headers.TryAddWithoutValidation("If-None-Match", "\"1\"");
        using var answer = await ada.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.NotModified, answer.StatusCode);
        Assert.Equal((true, true), (answer.Headers.CacheControl!.Private, answer.Headers.CacheControl.NoStore));
    }
}
