using System.Net;
using System.Net.Http.Json;
using System.Text;
using Souk.Contracts;
using Souk.Platform.Ids;
using Souk.Tests.Identity;

namespace Souk.Tests.Ordering.Carts;

public sealed class CreateCartTests(CartShop shop) : IClassFixture<CartShop>
{
    [Fact]
    public async Task A_guest_gets_a_cart_with_what_it_costs_and_the_token_that_opens_it()
    {
        var answer = await shop.Http.PostAsJsonAsync("/v1/carts", new
        {
            lines = new[] { new { variantId = shop.Variants[1], quantity = 2 }, new { variantId = shop.Variants[0], quantity = 1 } },
        });

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal("\"1\"", answer.Headers.ETag?.Tag);
        Assert.Equal("no-store, private", answer.Headers.CacheControl?.ToString());
        var made = await answer.Body();
        Assert.Equal($"/v1/carts/{made.Text("id")}", answer.Headers.Location?.ToString());
        Assert.StartsWith("cart_", made.Text("id"), StringComparison.Ordinal);
        Assert.Equal([(shop.Variants[1], 2), (shop.Variants[0], 1)], made.Lines());
        var line = made.GetProperty("lines")[0];
        Assert.StartsWith("GOOD-", line.Text("sku"), StringComparison.Ordinal);
        Assert.StartsWith("Good GOOD-", line.Text("name"), StringComparison.Ordinal);
        Assert.Equal((999, 1998, 2997, 0, 0, 0, 2997), (line.Amount("unitPrice"), line.Amount("total"), made.Amount("subtotal"), made.Amount("discounts"),
            made.Amount("shipping"), made.Amount("tax"), made.Amount("total")));
        Assert.Equal(("USD", "USD", 1), (made.Text("currency"), made.GetProperty("total").Text("currency"), made.Version()));

        var read = await new OwnCart(shop.Holding(made.Text("cartToken")), made.Text("id"), null).Read();
        Assert.Equal(made.Lines(), read.Lines());
        Assert.False(read.Has("cartToken"));
    }

    [Fact]
    public async Task Someone_signed_in_needs_no_token()
    {
        var anna = await shop.NewPerson();
        var cart = await shop.NewCartAsync(anna.Http, (shop.Variants[0], 3));

        Assert.Null(cart.Token);
        Assert.Equal([(shop.Variants[0], 3)], (await cart.Read()).Lines());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("{}")]
    [InlineData("""{"lines": []}""")]
    [InlineData("""{"lines": null, "currency": null}""")]
    public async Task An_empty_cart_is_in_the_currency_of_the_shop_and_costs_nothing(string? body)
    {
        var answer = await shop.Http.PostAsync("/v1/carts", body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"));

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        var cart = await answer.Body();
        Assert.Empty(cart.Lines());
        Assert.Equal(("USD", 0L), (cart.Text("currency"), cart.Amount("total")));
    }

    [Theory]
    [InlineData("""{"lines": [null]}""", 422, "validation_failed", "/lines/0/variantId")]
    [InlineData("""{"lines": [{"quantity": 1}]}""", 422, "validation_failed", "/lines/0/variantId")]
    [InlineData("""{"lines": [{"variantId": "{0}"}]}""", 422, "validation_failed", "/lines/0/quantity")]
    [InlineData("""{"lines": [{"variantId": "{0}", "quantity": 0}]}""", 422, "validation_failed", "/lines/0/quantity")]
    [InlineData("""{"lines": [{"variantId": "{0}", "quantity": -1}]}""", 422, "validation_failed", "/lines/0/quantity")]
    [InlineData("""{"lines": [{"variantId": "{0}", "quantity": 1000}]}""", 422, "validation_failed", "/lines/0/quantity")]
    [InlineData("""{"lines": [{"variantId": "{0}", "quantity": 1}, {"variantId": "{0}", "quantity": 1}]}""", 422, "validation_failed", "/lines/1/variantId")]
    [InlineData("""{"lines": [{"variantId": "{0}", "quantity": 1.5}]}""", 400, "json_malformed", "/lines/0/quantity")]
    [InlineData("""{"lines": [{"variantId": "{0}", "quantity": "1"}]}""", 400, "json_malformed", "/lines/0/quantity")]
    [InlineData("""{"lines": [{"variantId": "{0}", "quantity": 99999999999}]}""", 400, "json_malformed", "/lines/0/quantity")]
    [InlineData("""{"lines": [{"variantId": "ord_00000000000000000000000000", "quantity": 1}]}""", 400, "json_malformed", "/lines/0/variantId")]
    [InlineData("""{"lines": [{"variantId": "{0}", "quantity": 1, "price": 1}]}""", 400, "unknown_member", "/lines/0/price")]
    [InlineData("""{"couponCodes": []}""", 400, "unknown_member", "/couponCodes")]
    public async Task What_is_wrong_is_named_and_no_cart_is_made(string body, int status, string code, string pointer)
    {
        var problem = await (await shop.Http.PostAsync("/v1/carts", new StringContent(body.Replace("{0}", shop.Variants[0]), Encoding.UTF8, "application/json")))
            .Problem((HttpStatusCode)status, code);
        Assert.True(problem.GetProperty("errors").Has(pointer), problem.ToString());
    }

    [Theory]
    [InlineData("usd")]
    [InlineData("XXX")]
    [InlineData("JPY")]
    [InlineData("")]
    [InlineData("a\u0000b")]
    public async Task A_currency_without_prices_is_refused(string currency) =>
        await (await shop.Http.PostAsJsonAsync("/v1/carts", new { currency })).Problem(HttpStatusCode.UnprocessableEntity, "currency_unavailable");

    [Fact]
    public async Task More_lines_than_a_cart_holds_are_refused_and_as_many_are_taken()
    {
        var lines = shop.Variants.Select(variantId => new { variantId, quantity = 1 }).ToList();

        await (await shop.Http.PostAsJsonAsync("/v1/carts", new { lines = lines.Take(101) })).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        var answer = await shop.Http.PostAsJsonAsync("/v1/carts", new { lines = lines.Take(100) });
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal(99_900, (await answer.Body()).Amount("subtotal"));
    }

    [Fact]
    public async Task Variants_that_are_unknown_or_no_longer_sold_are_named()
    {
        var (unknown, ended) = (Id<VariantKind>.New(shop.Clock).ToString(), await shop.NewVariantAsync());
        await shop.TakeOffSaleAsync(ended);

        var problem = await (await shop.Http.PostAsJsonAsync("/v1/carts", new { lines = new[] { shop.Variants[0], unknown, ended }.Select(variantId => new { variantId, quantity = 1 }) }))
            .Problem(HttpStatusCode.UnprocessableEntity, "variant_unavailable");
        Assert.Equal([unknown, ended], problem.GetProperty("variantIds").EnumerateArray().Select(id => id.GetString()));
    }

    [Fact]
    public async Task Variants_without_a_price_in_the_currency_are_named()
    {
        var priced = await shop.NewVariantAsync();
        await shop.PriceAsync(priced, 500, "EUR");

        var problem = await (await shop.Http.PostAsJsonAsync("/v1/carts", new { currency = "EUR", lines = new[] { priced, shop.Variants[0] }.Select(variantId => new { variantId, quantity = 1 }) }))
            .Problem(HttpStatusCode.UnprocessableEntity, "price_missing");
        Assert.Equal(shop.Variants[0], Assert.Single(problem.GetProperty("variantIds").EnumerateArray()).GetString());

        var answer = await shop.Http.PostAsJsonAsync("/v1/carts", new { currency = "EUR", lines = new[] { new { variantId = priced, quantity = 2 } } });
        Assert.Equal((1000, "EUR"), ((await answer.Body()).Amount("total"), (await answer.Body()).Text("currency")));
    }

    [Fact]
    public async Task A_sum_that_no_amount_holds_is_refused()
    {
        var dear = await shop.NewVariantAsync();
        await shop.PriceAsync(dear, 9_007_199_254_740_991);

        await (await shop.Http.PostAsJsonAsync("/v1/carts", new { lines = new[] { new { variantId = dear, quantity = 2 } } }))
            .Problem(HttpStatusCode.UnprocessableEntity, "amount_too_large");
    }
}
