namespace Souk.Tests.Catalog.Products;

/// <summary>What a search finds, in a shop to which products may be added.</summary>
public sealed class ProductSearchTests(ToldSampleShop shop) : IClassFixture<ToldSampleShop>
{
    [Fact]
    public async Task A_search_reads_the_texts_in_the_readers_language()
    {
        Assert.NotEmpty(await Found("selle", "fr"));
        Assert.Empty(await Found("selle", "en"));
        Assert.NotEmpty(await Found("plush", "en"));
        Assert.Empty(await Found("plush", "fr"));
        Assert.Equal(["road-550-w"], await Found("550-W", "en"));
        Assert.Contains("ll-road-seat-saddle-1", await Found("seat/saddle", "en"));
        Assert.DoesNotContain("ll-road-seat-saddle-1", await Found("seat -saddle", "en"));
        // No text in French: the English one is shown, and searched.
        await shop.ImportLinesAsync(CatalogFolder.Line("Zzyzx", "ZZ-1"));
        Assert.Equal(["zzyzx"], await Found("About zzyzx", "fr"));

        async Task<List<string>> Found(string words, string language)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/products?q={Uri.EscapeDataString(words)}") { Headers = { { "Accept-Language", language } } };
            using var answer = await shop.Http.SendAsync(request);
            return [.. (await answer.Body()).GetProperty("items").EnumerateArray().Select(p => p.Text("slug"))];
        }
    }

    [Theory]
    [InlineData("\"")]
    [InlineData("!!!")]
    [InlineData("& | ! ( ) : *")]
    [InlineData("'; DROP TABLE catalog.products; --")]
    public async Task Nothing_that_is_typed_into_a_search_breaks_it(string words) =>
        Assert.Empty((await shop.GetAsync($"/v1/products?q={Uri.EscapeDataString(words)}")).GetProperty("items").EnumerateArray());

    [Fact]
    public async Task Colour_and_size_are_those_of_one_variant()
    {
        await shop.ImportLinesAsync(CatalogFolder.Product("Two Socks", "Gear",
            """{"sku": "TS-1", "price": "1", "currency": "USD", "color": "Pink", "size": "XS"}""",
            """{"sku": "TS-2", "price": "1", "currency": "USD", "color": "Gold", "size": "XXL"}""",
            """{"sku": "TS-3", "price": "1", "currency": "USD", "color": "Grue", "sellEnd": "2013-01-01"}"""));
        Assert.Equal(1, await Count("option.color=Pink"));
        Assert.Equal(1, await Count("option.color=Pink&option.size=XS"));
        Assert.Equal(0, await Count("option.color=Pink&option.size=XXL"));
        Assert.Equal(0, await Count("option.color=pink"));
        Assert.Equal(0, await Count("option.color=Grue"));

        async Task<int> Count(string query) => (await shop.GetAsync($"/v1/products?{query}")).GetProperty("items").GetArrayLength();
    }
}
