using System.Text.Json;

namespace Souk.Tests.Catalog.Products;

public sealed class ListProductsTests(SampleShop shop) : IClassFixture<SampleShop>
{
    /// <summary>119 products, of which 39 have no variant that is still sold.</summary>
    const int OnSale = 80;

    [Theory]
    [InlineData("", 7)]
    [InlineData("", 100)]
    [InlineData("sort=name", 1)]
    [InlineData("sort=createdAt", 9)]
    [InlineData("sort=-createdAt", 9)]
    [InlineData("sort=-createdAt&category=components", 5)]
    [InlineData("category=components", 4)]
    public async Task Walked_forward_and_back_shows_every_product_once(string filter, int limit)
    {
        var path = $"/v1/products?limit={limit}&{filter}".TrimEnd('&');
        var expected = filter.Contains("components", StringComparison.Ordinal)
            ? await shop.ScalarAsync<long>("""
                SELECT count(*) FROM catalog.products p JOIN catalog.categories c ON c.id = p.category_id
                WHERE c.path LIKE 'components/%' AND p.status = 'active'
                """)
            : OnSale;

        var pages = new List<JsonElement>();
        for (var next = path; next is not null;)
        {
            pages.Add(await shop.GetAsync(next));
            next = pages[^1].TryGetProperty("nextCursor", out var cursor) ? $"{path}&cursor={cursor.GetString()}" : null;
        }
        var forward = pages.SelectMany(Slugs).ToList();
        Assert.Equal(expected, forward.Count);
        Assert.Equal(expected, forward.Distinct().Count());
        Assert.All(pages.SkipLast(1), page => Assert.Equal(limit, Slugs(page).Count()));

        var back = new List<IEnumerable<string>>();
        var last = pages[^1];
        while (true)
        {
            back.Insert(0, Slugs(last));
            if (!last.TryGetProperty("previousCursor", out var cursor)) break;
            last = await shop.GetAsync($"{path}&cursor={cursor.GetString()}");
        }
        Assert.Equal(forward, back.SelectMany(page => page));
    }

    [Fact]
    public async Task Sorts_by_name_without_regard_to_case_and_by_age_both_ways()
    {
        var byName = (await shop.GetAsync("/v1/products?limit=100")).GetProperty("items").EnumerateArray().Select(p => p.Text("name")).ToList();
        Assert.Equal(byName.OrderBy(name => name.ToLowerInvariant(), StringComparer.Ordinal), byName);
        var oldest = Slugs(await shop.GetAsync("/v1/products?limit=100&sort=createdAt")).ToList();
        Assert.Equal(oldest.AsEnumerable().Reverse(), Slugs(await shop.GetAsync("/v1/products?limit=100&sort=-createdAt")));
        Assert.Equal("hl-road-frame", oldest[0]);
    }

    [Fact]
    public async Task A_category_shows_what_lies_below_it_by_slug_and_by_id()
    {
        var bikes = (await shop.GetAsync("/v1/categories?limit=100")).GetProperty("items").EnumerateArray().Single(c => c.Text("slug") == "bikes");
        var below = Slugs(await shop.GetAsync("/v1/products?category=bikes&limit=100")).ToList();
        Assert.Contains("touring-2000", below);
        Assert.DoesNotContain("cable-lock", below);
        Assert.Equal(below, Slugs(await shop.GetAsync($"/v1/products?category={bikes.Text("id")}&limit=100")));
        var touring = Slugs(await shop.GetAsync("/v1/products?category=touring-bikes&limit=100")).ToList();
        Assert.Equal(["touring-1000", "touring-2000", "touring-3000"], touring);
    }

    [Theory]
    [InlineData("colour=red", 400, "query_unknown")]
    [InlineData("Sort=name", 400, "query_unknown")]
    [InlineData("sort=name&sort=name", 400, "query_repeated")]
    [InlineData("sort=-rating", 400, "sort_unknown")]
    [InlineData("sort=Price", 400, "sort_unknown")]
    [InlineData("q=", 400, "filter_invalid")]
    [InlineData("q=a%00b", 400, "filter_invalid")]
    [InlineData("option.color=", 400, "filter_invalid")]
    [InlineData("option.weight=1", 400, "query_unknown")]
    [InlineData("priceMin=-1", 400, "filter_invalid")]
    [InlineData("priceMax=9.99", 400, "filter_invalid")]
    [InlineData("priceMin=99999999999999999999", 400, "filter_invalid")]
    [InlineData("priceMin=2&priceMax=1", 400, "filter_invalid")]
    [InlineData("inStock=false", 400, "filter_invalid")]
    [InlineData("sort=", 400, "sort_unknown")]
    [InlineData("limit=0", 400, "limit_invalid")]
    [InlineData("limit=101", 400, "limit_invalid")]
    [InlineData("limit=ten", 400, "limit_invalid")]
    [InlineData("cursor=abc", 400, "cursor_invalid")]
    [InlineData("category=", 404, "category_not_found")]
    [InlineData("category=no-such", 404, "category_not_found")]
    [InlineData("category=%00", 404, "category_not_found")]
    [InlineData("category=prod_00000000000000000000000001", 404, "category_not_found")]
    public async Task Refuses_what_it_does_not_know(string query, int status, string code)
    {
        using var answer = await shop.Http.GetAsync($"/v1/products?{query}");
        Assert.Equal((status, code), ((int)answer.StatusCode, await answer.Code()));
    }

    [Fact]
    public async Task A_refusal_lists_what_is_allowed()
    {
        using var query = await shop.Http.GetAsync("/v1/products?colour=red");
        Assert.Equal(["category", "q", "option.color", "option.size", "priceMin", "priceMax", "inStock", "sort", "limit", "cursor"],
            (await query.Body()).GetProperty("allowed").EnumerateArray().Select(a => a.GetString()));
        using var sort = await shop.Http.GetAsync("/v1/products?sort=weight");
        Assert.Equal(["name", "-name", "price", "-price", "createdAt", "-createdAt", "rating"], (await sort.Body()).GetProperty("allowed").EnumerateArray().Select(a => a.GetString()));
    }

    [Fact]
    public async Task A_cursor_serves_only_the_list_it_came_from()
    {
        var cursor = (await shop.GetAsync("/v1/products?limit=2")).Text("nextCursor");
        using var answer = await shop.Http.GetAsync($"/v1/products?limit=2&sort=createdAt&cursor={cursor}");
        Assert.Equal("cursor_invalid", await answer.Code());
    }

    static IEnumerable<string> Slugs(JsonElement page) => page.GetProperty("items").EnumerateArray().Select(p => p.Text("slug"));
}
