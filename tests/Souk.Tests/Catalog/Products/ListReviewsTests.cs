namespace Souk.Tests.Catalog.Products;

public sealed class ListReviewsTests(SampleShop shop) : IClassFixture<SampleShop>
{
    [Fact]
    public async Task Shows_what_buyers_wrote_the_latest_first_and_the_product_their_average()
    {
        var reviews = (await shop.GetAsync("/v1/products/hl-mountain-pedal/reviews")).GetProperty("items").EnumerateArray().ToList();
        Assert.Equal([("Jill", 2, "2013-11-15T00:00:00.000Z"), ("David", 4, "2013-11-13T00:00:00.000Z")],
            reviews.Select(r => (r.Text("author"), r.GetProperty("rating").GetInt32(), r.Text("writtenAt"))));
        Assert.StartsWith("rev_", reviews[0].Text("id"), StringComparison.Ordinal);
        Assert.StartsWith("Maybe it's just because I'm new", reviews[0].Text("text"), StringComparison.Ordinal);

        var product = await shop.GetAsync("/v1/products/hl-mountain-pedal");
        Assert.Equal((3m, 2), (product.GetProperty("rating").GetProperty("average").GetDecimal(), product.GetProperty("rating").GetProperty("count").GetInt32()));
        Assert.Contains(product.GetProperty("variants").EnumerateArray(), v => v.Text("id") == reviews[0].Text("variantId"));
        var unrated = (await shop.GetAsync("/v1/products/touring-2000")).GetProperty("rating");
        Assert.Equal((false, 0), (unrated.TryGetProperty("average", out _), unrated.GetProperty("count").GetInt32()));
    }

    [Fact]
    public async Task Walked_in_small_pages_by_id_shows_each_once_and_back()
    {
        var path = $"/v1/products/{(await shop.GetAsync("/v1/products/hl-mountain-pedal")).Text("id")}/reviews?limit=1";
        var first = await shop.GetAsync(path);
        var second = await shop.GetAsync($"{path}&cursor={first.Text("nextCursor")}");
        Assert.False(second.TryGetProperty("nextCursor", out _));
        Assert.Equal(["Jill", "David"], new[] { first, second }.Select(p => p.GetProperty("items")[0].Text("author")));
        Assert.Equal("Jill", (await shop.GetAsync($"{path}&cursor={second.Text("previousCursor")}")).GetProperty("items")[0].Text("author"));
    }

    [Fact]
    public async Task A_second_import_changes_a_review_that_changed_and_keeps_those_it_does_not_name()
    {
        await shop.ImportLinesAsync(Line("""{"author": "Ann", "date": "2020-01-02", "rating": 5, "text": "Good"}, {"author": "Bob", "date": "2020-01-02", "rating": 4, "text": "Fine"}"""));
        Assert.Equal((4.5m, 2), await Rating());
        var again = await shop.ImportLinesAsync(Line("""{"author": "Ann", "date": "2020-01-02", "rating": 1, "text": "Broke"}"""));
        Assert.Equal(new(1, 0), again.Reviews);
        Assert.Equal((2.5m, 2), await Rating());
        Assert.Equal(new(0, 1), (await shop.ImportLinesAsync(Line("""{"author": "Ann", "date": "2020-01-02", "rating": 1, "text": "Broke"}"""))).Reviews);

        static string Line(string reviews) => CatalogFolder.Line("Reviewed Bell", "RB-1", $"\"reviews\": [{reviews}]");

        async Task<(decimal, int)> Rating()
        {
            var rating = (await shop.GetAsync("/v1/products/reviewed-bell")).GetProperty("rating");
            return (rating.GetProperty("average").GetDecimal(), rating.GetProperty("count").GetInt32());
        }
    }

    [Theory]
    [InlineData("""{"author": "", "date": "2020-01-02", "rating": 5, "text": "x"}""", "A review needs an author of at most 100 characters.")]
    [InlineData("""{"author": "Ann", "date": "2020-01-02", "rating": 6, "text": "x"}""", "A rating is a whole number from 1 to 5.")]
    [InlineData("""{"author": "Ann", "date": "soon", "rating": 5, "text": "x"}""", "The date of a review is a day such as 2013-09-18.")]
    [InlineData("""{"author": "Ann", "date": "2020-01-02", "rating": 5}""", "A review has a text of at most 10000 characters.")]
    [InlineData("""{"author": "Eve", "date": "2020-01-02", "rating": 5, "text": "x"}, {"author": "Eve", "date": "2020-01-02", "rating": 4, "text": "y"}""",
        "This author's review of that day comes twice.")]
    [InlineData("null", "A review needs an author of at most 100 characters.")]
    public async Task A_wrong_review_is_refused_alone(string reviews, string reason)
    {
        var report = await shop.ImportLinesAsync(CatalogFolder.Line("Disputed Bell", "DB-1", $"\"reviews\": [{reviews}]"));
        Assert.Equal([reason], report.Refused.Select(r => r.Reason));
        Assert.Equal(1, report.Variants.Taken + report.Variants.Unchanged);
    }

    [Theory]
    [InlineData("no-such-product/reviews", 404, "product_not_found")]
    [InlineData("hl-mountain-pedal/reviews?sort=rating", 400, "query_unknown")]
    [InlineData("hl-mountain-pedal/reviews?cursor=abc", 400, "cursor_invalid")]
    public async Task Refuses_what_it_does_not_know(string path, int status, string code)
    {
        using var answer = await shop.Http.GetAsync($"/v1/products/{path}");
        Assert.Equal((status, code), ((int)answer.StatusCode, await answer.Code()));
    }
}
