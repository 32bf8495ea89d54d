using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Souk.Contracts;
using Souk.Ordering.Guests;
using Souk.Platform;
using Souk.Platform.Ids;
using Souk.Tests.Identity;

namespace Souk.Tests.Ordering.Carts;

public sealed class ReadCartTests(CartShop shop) : IClassFixture<CartShop>
{
    [Fact]
    public async Task A_guests_cart_opens_to_its_token_and_to_nobody_else()
    {
        var cart = await shop.NewCartAsync((shop.Variants[0], 1));
        var other = await shop.NewCartAsync((shop.Variants[0], 1));
        var tokens = shop.App.Services.GetRequiredService<GuestTokens>();
        Assert.True(tokens.TryRead(GuestTokens.Cart, cart.Token, out var guest, out _));

        await cart.Read();
        string?[] strange = [null, "", "x", other.Token, Flipped(cart.Token!, 0), Flipped(cart.Token!, 30), Flipped(cart.Token!, 63), cart.Token + "A", cart.Token![..63],
            tokens.Make(GuestTokens.Order, guest, CartShop.CartOf(cart.Id).Value), tokens.Make(GuestTokens.Cart, Guid.NewGuid(), CartShop.CartOf(cart.Id).Value)];
        foreach (var token in strange)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, cart.Path);
            if (token is not null) request.Headers.TryAddWithoutValidation("Souk-Cart-Token", token);
            var answer = await shop.Http.SendAsync(request);
            Assert.True(HttpStatusCode.NotFound == answer.StatusCode, $"{token}: {answer.StatusCode}");
            Assert.Equal("cart_not_found", await answer.Code());
        }
    }

    static string Flipped(string token, int at) => token[..at] + (token[at] == 'A' ? 'B' : 'A') + token[(at + 1)..];

    [Fact]
    public async Task An_accounts_cart_opens_to_that_account_alone()
    {
        var (anna, ben) = (await shop.NewPerson(), await shop.NewPerson());
        var (annas, guests) = (await shop.NewCartAsync(anna.Http, (shop.Variants[0], 1)), await shop.NewCartAsync((shop.Variants[0], 1)));

        await annas.Read();
        foreach (var http in new[] { ben.Http, shop.Http, guests.Http })
            await (await http.GetAsync(annas.Path)).Problem(HttpStatusCode.NotFound, "cart_not_found");
        await (await ben.Http.GetAsync(guests.Path)).Problem(HttpStatusCode.NotFound, "cart_not_found");
    }

    [Theory]
    [InlineData("cart_")]
    [InlineData("cart_00000000000000000000000000")]
    [InlineData("ord_01kz0000000000000000000000")]
    [InlineData("1")]
    [InlineData("..%2F")]
    public async Task What_is_no_id_of_a_cart_is_not_found(string id)
    {
        var anna = await shop.NewPerson();
        await (await anna.Http.GetAsync($"/v1/carts/{id}")).Problem(HttpStatusCode.NotFound, "cart_not_found");
        await (await anna.Http.GetAsync($"/v1/carts/{Id<CartKind>.New(shop.Clock)}")).Problem(HttpStatusCode.NotFound, "cart_not_found");
    }

    [Fact]
    public async Task Lines_that_can_no_longer_be_bought_are_marked_and_cost_nothing()
    {
        var (ended, unpriced, sold) = (await shop.NewVariantAsync(), await shop.NewVariantAsync(), await shop.NewVariantAsync("5.00"));
        var cart = await shop.NewCartAsync((ended, 1), (unpriced, 2), (sold, 3));
        await shop.TakeOffSaleAsync(ended);
        await shop.TakePriceAsync(unpriced);

        var read = await cart.Read();

        Assert.Equal([(ended, 1), (unpriced, 2), (sold, 3)], read.Lines());
        var lines = read.GetProperty("lines").EnumerateArray().ToList();
        Assert.Equal([true, true, false], lines.Select(l => l.Has("unavailable") && l.GetProperty("unavailable").GetBoolean()));
        Assert.Equal([false, false, true], lines.Select(l => l.Has("unitPrice") && l.Has("total")));
        Assert.Equal([false, true, true], lines.Select(l => l.Has("sku") && l.Has("name")));
        Assert.Equal(1500, read.Amount("subtotal"));
    }

    [Fact]
    public async Task A_price_that_changed_is_shown_although_the_cart_did_not_change()
    {
        var variant = await shop.NewVariantAsync("5.00");
        var cart = await shop.NewCartAsync((variant, 1));
        await shop.PriceAsync(variant, 700);

        var request = new HttpRequestMessage(HttpMethod.Get, cart.Path) { Headers = { { "If-None-Match", "\"1\"" } } };
        var read = await (await cart.Http.SendAsync(request)).Ok();
        Assert.Equal((1, 700), (read.Version(), read.Amount("subtotal")));
    }

    [Fact]
    public async Task A_cart_that_became_too_dear_for_any_amount_is_shown_without_sums_and_can_be_emptied()
    {
        var (dear, cheap) = (await shop.NewVariantAsync(), await shop.NewVariantAsync("5.00"));
        var cart = await shop.NewCartAsync((dear, 2), (cheap, 1));
        await shop.PriceAsync(dear, 9_007_199_254_740_991);

        var read = await cart.Read();
        Assert.Equal([(dear, 2), (cheap, 1)], read.Lines());
        Assert.All(["subtotal", "discounts", "shipping", "tax", "total"], sum => Assert.False(read.Has(sum), sum));
        Assert.All(read.GetProperty("lines").EnumerateArray(), line => Assert.False(line.Has("unavailable")));

        Assert.Equal(500, (await (await cart.DeleteLine(dear)).Ok()).Amount("subtotal"));
    }

    [Fact]
    public async Task Shipping_is_in_the_sum_and_a_method_that_is_gone_is_marked()
    {
        var code = $"m-{Guid.NewGuid():n}";
        await shop.Pricing.SetShippingMethodsAsync([new(code, "Mule", new(300, "USD"), new(100, "USD"))], CancellationToken.None);
        var variant = await shop.NewVariantAsync("5.00", """ "weight": "2", "weightUnit": "KG" """);
        var cart = await shop.NewCartAsync((variant, 2));
        Assert.Equal((700, 1851), Sums(await (await cart.Patch($$"""{"shippingMethod": "{{code}}"}""")).Ok()));

        await shop.TakeShippingMethodAsync(code);
        var read = await cart.Read();
        Assert.Equal((0, 1089), Sums(read));
        Assert.Equal((code, true), (read.Text("shippingMethod"), read.GetProperty("shippingMethodUnavailable").GetBoolean()));

        static (long, long) Sums(System.Text.Json.JsonElement cart) => (cart.Amount("shipping"), cart.Amount("total"));
    }

    [Fact]
    public async Task The_cart_of_someone_erased_is_gone()
    {
        var cart = await shop.NewCartAsync((shop.Variants[0], 1));
        await (await cart.Patch("""{"email": "guest@example.com"}""")).Ok();
        Assert.True(shop.App.Services.GetRequiredService<GuestTokens>().TryRead(GuestTokens.Cart, cart.Token, out var guest, out _));
        await shop.App.Services.GetRequiredService<PersonalData>().EraseAsync(guest);

        await (await cart.Http.GetAsync(cart.Path)).Problem(HttpStatusCode.NotFound, "cart_not_found");
        await (await cart.Patch("""{"email": "again@example.com"}""")).Problem(HttpStatusCode.NotFound, "cart_not_found");
        await (await cart.PutLine(shop.Variants[0], 2)).Problem(HttpStatusCode.NotFound, "cart_not_found");
    }
}
