using System.Net;

namespace Souk.Tests.Pricing.Prices;

public sealed class GetPricesTests(PricingShop shop) : IClassFixture<PricingShop>
{
    [Fact]
    public async Task Shows_staff_every_currency_and_the_version_to_change_it()
    {
        var variant = await shop.PricedAsync(1000);
        await shop.Pricing.SetListPricesAsync([new(variant, new(900, "EUR"))], CancellationToken.None);

        using var answer = await GetAsync(variant.ToString());

        Assert.Equal("\"2\"", answer.Headers.ETag!.Tag);
        Assert.True(answer.Headers.CacheControl!.NoStore);
        Assert.Equal(["EUR", "USD"], (await answer.Body()).GetProperty("prices").EnumerateArray().Select(p => p.Text("currency")));
        using var again = await GetAsync(variant.ToString(), "\"2\"");
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
    }

    [Fact]
    public async Task Knows_no_price_of_what_has_none()
    {
        using var answer = await GetAsync(shop.NewVariant().ToString());
        Assert.Equal("price_not_found", await answer.Code());
    }

    async Task<HttpResponseMessage> GetAsync(string variant, string? ifNoneMatch = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/admin/prices/{variant}");
        if (ifNoneMatch is not null) request.Headers.Add("If-None-Match", ifNoneMatch);
        return await shop.Staff.SendAsync(request);
    }
}
