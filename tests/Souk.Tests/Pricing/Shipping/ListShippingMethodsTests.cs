using Souk.Contracts;

namespace Souk.Tests.Pricing.Shipping;

public sealed class ListShippingMethodsTests(PricingShop shop) : IClassFixture<PricingShop>
{
    [Fact]
    public async Task Shows_every_method_once_however_small_the_pages()
    {
        Assert.Equal(3, await SetAsync(Method("slow", 100), Method("fast", 900), Method("slow", 90, "EUR")));

        var seen = new List<string>();
        for (var path = "/v1/shipping-methods?limit=1"; path is not null;)
        {
            using var answer = await shop.Http.GetAsync(path);
            var body = await answer.Body();
            seen.AddRange(body.GetProperty("items").EnumerateArray()
                .Select(m => $"{m.Text("code")} {m.GetProperty("base").GetProperty("amount")} {m.GetProperty("base").Text("currency")}"));
            path = body.TryGetProperty("nextCursor", out var cursor) ? $"/v1/shipping-methods?limit=1&cursor={cursor.GetString()}" : null;
        }
        Assert.Equal(["fast 900 USD", "slow 90 EUR", "slow 100 USD"], seen.Where(method => !method.StartsWith("same ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Are_new_changed_or_the_same_by_their_code()
    {
        Assert.Equal(1, await SetAsync(Method("same", 1)));
        Assert.Equal(0, await SetAsync(Method("same", 1)));
        Assert.Equal(1, await SetAsync(Method("same", 2)));
        await Assert.ThrowsAsync<ArgumentException>(() => SetAsync(Method("No Code", 1)));
        await Assert.ThrowsAsync<ArgumentException>(() => SetAsync(Method("twice", 1), Method("twice", 1)));
    }

    [Fact]
    public async Task Refuses_filters_it_does_not_know()
    {
        using var answer = await shop.Http.GetAsync("/v1/shipping-methods?country=FR");
        Assert.Equal("query_unknown", await answer.Code());
    }

    Task<int> SetAsync(params ShippingMethod[] methods) => shop.Pricing.SetShippingMethodsAsync(methods, CancellationToken.None);

    static ShippingMethod Method(string code, long first, string currency = "USD") => new(code, $"Method {code}", new(first, currency), new(10, currency));
}
