namespace Souk.Tests.Catalog.Categories;

public sealed class ListCategoriesTests(SampleShop shop, TestPostgres postgres) : IClassFixture<SampleShop>
{
    [Fact]
    public async Task Shows_the_tree_every_parent_before_its_children()
    {
        using var answer = await shop.Http.GetAsync("/v1/categories?limit=100");
        Assert.True(answer.Headers.CacheControl!.Public);
        var categories = (await answer.Body()).GetProperty("items").EnumerateArray().ToList();

        Assert.Equal(41, categories.Count);
        Assert.Equal(["Accessories", "Bikes", "Clothing", "Components"], categories.Where(c => !c.TryGetProperty("parentId", out _)).Select(c => c.Text("name")));
        var seen = new HashSet<string>();
        Assert.All(categories, c =>
        {
            if (c.TryGetProperty("parentId", out var parent)) Assert.Contains(parent.GetString()!, seen);
            seen.Add(c.Text("id"));
        });
    }

    [Fact]
    public async Task Walked_in_small_pages_shows_each_once()
    {
        var slugs = new List<string>();
        for (var path = "/v1/categories?limit=6"; path is not null;)
        {
            var page = await shop.GetAsync(path);
            slugs.AddRange(page.GetProperty("items").EnumerateArray().Select(c => c.Text("slug")));
            path = page.TryGetProperty("nextCursor", out var cursor) ? $"/v1/categories?limit=6&cursor={cursor.GetString()}" : null;
        }
        Assert.Equal((41, 41), (slugs.Count, slugs.Distinct().Count()));
    }

    [Fact]
    public async Task Of_the_same_name_under_two_parents_have_slugs_of_their_own()
    {
        await using var own = new CatalogShop(postgres);
        await own.InitializeAsync();
        await own.ImportLinesAsync(Line("Hats", "Bags", 1), Line("Coats", "Bags", 2), Line("Hats", "Bags", 3));
        Assert.Equal(["bags", "coats-bags"], await Slugs());

        static string Line(string category, string subcategory, int n) =>
            $$"""{"name": "Bag {{n}}", "category": "{{category}}", "subcategory": "{{subcategory}}", "variants": [{"sku": "BAG-{{n}}", "price": "1", "currency": "USD"}]}""";

        async Task<List<string>> Slugs()
        {
            await using var command = own.Db.CreateCommand("SELECT slug FROM catalog.categories WHERE path LIKE '%/bags' ORDER BY slug");
            await using var reader = await command.ExecuteReaderAsync();
            var slugs = new List<string>();
            while (await reader.ReadAsync()) slugs.Add(reader.GetString(0));
            return slugs;
        }
    }

    [Fact]
    public async Task Refuses_filters_it_does_not_know()
    {
        using var answer = await shop.Http.GetAsync("/v1/categories?depth=1");
        Assert.Equal("query_unknown", await answer.Code());
    }
}
