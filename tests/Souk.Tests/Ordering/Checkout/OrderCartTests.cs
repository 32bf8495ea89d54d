using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Souk.Tests.Identity;

namespace Souk.Tests.Ordering.Checkout;

/// <summary>Buying a cart: it is bought once, as it stood, by whoever owns it.</summary>
public sealed class OrderCartTests(OrderingShop shop) : IClassFixture<OrderingShop>
{
    async Task<(string Id, string Token)> CartAsync(params (string Variant, int Quantity)[] lines)
    {
        var made = await shop.Http.PostAsJsonAsync("/v1/carts", new { lines = lines.Select(l => new { variantId = l.Variant, quantity = l.Quantity }) });
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        return ((await made.Body()).Text("id"), (await made.Body()).Text("cartToken"));
    }

    async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body, string token)
    {
        using var message = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        message.Headers.Add("Souk-Cart-Token", token);
        return await shop.Http.SendAsync(message);
    }

    static readonly object Ada = new { name = "Ada", line1 = "12 St James Square", city = "London", country = "GB" };

    [Fact]
    public async Task Takes_lines_address_and_shipping_from_the_cart_which_then_changes_no_more()
    {
        var (cup, plate) = (await shop.NewVariantAsync(5), await shop.NewVariantAsync(5, "3.50"));
        var (cart, token) = await CartAsync((cup, 2), (plate, 1));
        var changed = await SendAsync(HttpMethod.Patch, $"/v1/carts/{cart}", new { email = "ada@example.com", shippingAddress = Ada, shippingMethod = OrderingShop.Courier }, token);
        var total = (await changed.Body()).GetProperty("total");

        var order = await shop.PlacedAsync(new { cartId = cart, expectedTotal = total }, cartToken: token);
        Assert.Equal([(cup, 2), (plate, 1)], order.GetProperty("lines").EnumerateArray().Select(l => (l.Text("variantId"), l.GetProperty("quantity").GetInt32())));
        Assert.Equal(("ada@example.com", "London", OrderingShop.Courier), (order.Text("email"), order.GetProperty("shippingAddress").Text("city"), order.Text("shippingMethod")));
        Assert.Equal(total.GetRawText(), order.GetProperty("total").GetRawText());

        var refused = await (await SendAsync(HttpMethod.Put, $"/v1/carts/{cart}/lines/{cup}", new { quantity = 3 }, token)).Problem(HttpStatusCode.Conflict, "cart_ordered");
        Assert.Equal(order.Text("id"), refused.Text("orderId"));
        await (await shop.PlaceAsync(new { cartId = cart }, cartToken: token)).Problem(HttpStatusCode.Conflict, "cart_ordered");
    }

    [Fact]
    public async Task Two_tabs_that_order_the_same_cart_make_one_order()
    {
        var variant = await shop.NewVariantAsync(50);
        var (cart, token) = await CartAsync((variant, 1));
        var request = new { cartId = cart, email = "ada@example.com" };
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => shop.PlaceAsync(request, cartToken: token)));

        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.Created);
        foreach (var answer in answers.Where(a => a.StatusCode != HttpStatusCode.Created))
            Assert.Matches("^cart_(ordered|changed)$", await answer.Code());
        Assert.Equal((50, 1, 49), await shop.StockAsync(variant));
    }

    [Fact]
    public async Task A_cart_that_is_edited_while_it_is_ordered_is_ordered_as_it_stood_or_not_at_all()
    {
        for (var round = 0; round < 15; round++)
        {
            var variant = await shop.NewVariantAsync(50);
            var (cart, token) = await CartAsync((variant, 1));
            var ordering = shop.PlaceAsync(new { cartId = cart, email = "ada@example.com" }, cartToken: token);
            var editing = SendAsync(HttpMethod.Put, $"/v1/carts/{cart}/lines/{variant}", new { quantity = 7 }, token);
            var (order, edit) = (await ordering, await editing);

            if (order.StatusCode == HttpStatusCode.Created)
            {
                // Edited first and ordered with seven, or ordered with one and the edit refused: never one billed and seven shown.
                var quantity = (await order.Body()).GetProperty("lines")[0].GetProperty("quantity").GetInt32();
                Assert.Equal(quantity == 7, edit.IsSuccessStatusCode);
                Assert.Equal((50, quantity, 50 - quantity), await shop.StockAsync(variant));
            }
            else
            {
                Assert.Equal(("cart_changed", true), (await order.Code(), edit.IsSuccessStatusCode));
                Assert.Equal((50, 0, 50), await shop.StockAsync(variant));
            }
        }
    }

    [Fact]
    public async Task A_cart_whose_order_was_refused_can_be_ordered_again()
    {
        var variant = await shop.NewVariantAsync(1);
        var (cart, token) = await CartAsync((variant, 2));
        var key = OrderingShop.NewKey();
        await (await shop.PlaceAsync(new { cartId = cart, email = "ada@example.com" }, key, cartToken: token)).Problem(HttpStatusCode.Conflict, "insufficient_stock");
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Put, $"/v1/carts/{cart}/lines/{variant}", new { quantity = 1 }, token)).StatusCode);
        await shop.PlacedAsync(new { cartId = cart, email = "ada@example.com" }, key, cartToken: token);
    }

    [Fact]
    public async Task Is_its_owners_alone_and_must_have_lines()
    {
        var variant = await shop.NewVariantAsync(5);
        var (cart, token) = await CartAsync((variant, 1));
        var (_, otherToken) = await CartAsync((variant, 1));
        var (empty, emptyToken) = await CartAsync();
        var ada = await shop.NewPerson();
        await (await shop.PlaceAsync(new { cartId = cart, email = "a@b" })).Problem(HttpStatusCode.NotFound, "cart_not_found");
        await (await shop.PlaceAsync(new { cartId = cart, email = "a@b" }, cartToken: otherToken)).Problem(HttpStatusCode.NotFound, "cart_not_found");
        await (await shop.PlaceAsync(new { cartId = cart }, by: ada.Http)).Problem(HttpStatusCode.NotFound, "cart_not_found");
        await (await shop.PlaceAsync(new { cartId = cart }, cartToken: token)).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        await (await shop.PlaceAsync(new { cartId = empty, email = "a@b" }, cartToken: emptyToken)).Problem(HttpStatusCode.UnprocessableEntity, "cart_empty");
        await (await shop.PlaceAsync(new { cartId = cart, currency = "USD", email = "a@b" }, cartToken: token)).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        Assert.Equal((5, 0, 5), await shop.StockAsync(variant));
    }

    [Fact]
    public async Task A_guests_cart_comes_along_at_sign_in_and_is_bought_by_the_account()
    {
        var variant = await shop.NewVariantAsync(5);
        var (cart, token) = await CartAsync((variant, 2));
        var ada = await shop.NewPerson();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/sessions") { Content = JsonContent.Create(new { email = ada.Email, password = People.Password }) };
        request.Headers.Add("Souk-Cart-Token", token);
        JsonElement session = await (await shop.Http.SendAsync(request)).Body();
        var copy = session.Text("cartId");

        Assert.NotEqual(cart, copy);
        var order = await shop.PlacedAsync(new { cartId = copy }, by: ada.Http);
        Assert.Equal(2, order.GetProperty("lines")[0].GetProperty("quantity").GetInt32());
        Assert.Equal(order.Text("id"), (await (await shop.GetAsync("/v1/orders", by: ada.Http)).Body()).GetProperty("items")[0].Text("id"));
    }
}
