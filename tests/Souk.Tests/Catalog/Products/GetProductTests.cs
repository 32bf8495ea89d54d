using System.Net;
using System.Text.Json;

namespace Souk.Tests.Catalog.Products;

public sealed class GetProductTests(SampleShop shop) : IClassFixture<SampleShop>
{
    [Fact]
    public async Task Shows_the_whole_product_by_slug_and_by_id()
    {
        var product = await shop.GetAsync("/v1/products/touring-2000");
        Assert.Equal(product.ToString(), (await shop.GetAsync($"/v1/products/{product.Text("id")}")).ToString());

        Assert.Equal(("Touring-2000", "touring-2000"), (product.Text("name"), product.Text("slug")));
        Assert.StartsWith("The plush custom saddle", product.Text("description"), StringComparison.Ordinal);
        Assert.Equal("""[{"name":"color","values":["Blue"]},{"name":"size","values":["60 CM","46 CM","50 CM","54 CM"]}]""",
            JsonSerializer.Serialize(product.GetProperty("options")), ignoreAllWhiteSpace: true);
        var categories = (await shop.GetAsync("/v1/categories?limit=100")).GetProperty("items").EnumerateArray();
        Assert.Equal("Touring Bikes", categories.Single(c => c.Text("id") == product.GetProperty("categoryIds")[0].GetString()).Text("name"));

        var variant = product.GetProperty("variants").EnumerateArray().Single(v => v.Text("sku") == "BK-T44U-60");
        Assert.StartsWith("var_", variant.Text("id"), StringComparison.Ordinal);
        Assert.Equal(("Touring-2000 Blue, 60", "60 CM", "Blue"), (variant.Text("name"), variant.GetProperty("options").Text("size"), variant.GetProperty("options").Text("color")));
        Assert.Equal(variant.GetProperty("media").ToString(), product.GetProperty("media").ToString());
    }

    [Fact]
    public async Task Its_ETag_saves_those_who_have_it_the_body()
    {
        using var first = await shop.Http.GetAsync("/v1/products/touring-2000");
        Assert.True(first.Headers.CacheControl!.Public);
        var tag = first.Headers.ETag!;
        Assert.False(tag.IsWeak);
        Assert.StartsWith($"\"{(await first.Body()).GetProperty("version")}-", tag.Tag, StringComparison.Ordinal);

        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/products/touring-2000") { Headers = { IfNoneMatch = { tag } } };
        using var second = await shop.Http.SendAsync(request);
        Assert.Equal((HttpStatusCode.NotModified, tag, 0), (second.StatusCode, second.Headers.ETag, (await second.Content.ReadAsByteArrayAsync()).Length));
    }

    [Theory]
    [InlineData("fr", "fr", "La selle rembourrée")]
    [InlineData("fr-CA, en;q=0.5", "fr", "La selle rembourrée")]
    [InlineData("zh-Hant-TW, fr;q=0.9", "zh-Hant", "")]
    [InlineData("de, *;q=0.1", "en", "The plush custom saddle")]
    [InlineData("", "en", "The plush custom saddle")]
    public async Task Speaks_the_readers_language(string accepted, string language, string begins)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/products/touring-2000");
        request.Headers.TryAddWithoutValidation("Accept-Language", accepted);
        using var answer = await shop.Http.SendAsync(request);
        var product = await answer.Body();
        Assert.Equal((language, language), (answer.Content.Headers.ContentLanguage.Single(), product.Text("language")));
        Assert.StartsWith(begins, product.Text("description"), StringComparison.Ordinal);
        Assert.Contains("Accept-Language", answer.Headers.Vary);

        // A document of its own for each language: the tag of another is none of it.
        using var other = new HttpRequestMessage(HttpMethod.Get, "/v1/products/touring-2000") { Headers = { IfNoneMatch = { answer.Headers.ETag! } } };
        other.Headers.TryAddWithoutValidation("Accept-Language", "th");
        using var thai = await shop.Http.SendAsync(other);
        Assert.Equal((HttpStatusCode.OK, "th"), (thai.StatusCode, thai.Content.Headers.ContentLanguage.Single()));
    }

    [Fact]
    public async Task Falls_back_to_the_default_language_for_a_product_without_a_text_in_the_readers()
    {
        await shop.ImportLinesAsync(CatalogFolder.Line("English Only", "EO-1"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/products/english-only") { Headers = { { "Accept-Language", "fr" } } };
        using var answer = await shop.Http.SendAsync(request);
        Assert.Equal(("en", "About English Only"), (answer.Content.Headers.ContentLanguage.Single(), (await answer.Body()).Text("description")));
    }

    [Fact]
    public async Task Shows_only_variants_that_are_on_sale_and_no_product_without_any()
    {
        // Two of its colours are sold until 2013.
        await shop.ImportLinesAsync(CatalogFolder.Product("Half Sold", "Gear",
            """{"sku": "HS-1", "price": "1", "currency": "USD"}""", """{"sku": "HS-2", "price": "1", "currency": "USD", "sellEnd": "2013-05-29"}"""));
        Assert.Equal(["HS-1"], (await shop.GetAsync("/v1/products/half-sold")).GetProperty("variants").EnumerateArray().Select(v => v.Text("sku")));

        using var gone = await shop.Http.GetAsync("/v1/products/road-650");
        Assert.Equal("product_not_found", await gone.Code());
    }

    [Theory]
    [InlineData("no-such-product")]
    [InlineData("prod_00000000000000000000000001")]
    [InlineData("cart_00000000000000000000000001")]
    [InlineData("prod_")]
    [InlineData("%F0%9F%9A%B2")]
    [InlineData("a%01b")]
    [InlineData("TOURING-2000")]
    [InlineData("touring-2000'%20OR%20'1'='1")]
    public async Task What_names_no_product_is_a_404(string name)
    {
        using var answer = await shop.Http.GetAsync($"/v1/products/{name}");
        Assert.Equal((404, "product_not_found"), ((int)answer.StatusCode, await answer.Code()));
    }
}
