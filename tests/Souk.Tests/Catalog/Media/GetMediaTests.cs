using System.Net;

namespace Souk.Tests.Catalog.Media;

public sealed class GetMediaTests(SampleShop shop) : IClassFixture<SampleShop>
{
    [Fact]
    public async Task Shows_the_bytes_of_the_file_for_ever()
    {
        var url = (await shop.GetAsync("/v1/products/patch-kit")).GetProperty("media")[0].Text("url");
        using var answer = await shop.Http.GetAsync(url);

        Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(CatalogShop.Sample, "photos", "tirepatch_kit_large.gif")), await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal("image/gif", answer.Content.Headers.ContentType!.ToString());
        Assert.Equal("public, max-age=31536000, immutable", answer.Headers.GetValues("Cache-Control").Single());
        Assert.Equal(["cross-origin"], answer.Headers.GetValues("Cross-Origin-Resource-Policy"));

        using var request = new HttpRequestMessage(HttpMethod.Get, url) { Headers = { IfNoneMatch = { answer.Headers.ETag! } } };
        using var again = await shop.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
    }

    [Theory]
    [InlineData("photo.gif")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000.gif")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000.exe")]
    [InlineData("ABCD000000000000000000000000000000000000000000000000000000000000.gif")]
    [InlineData("..%2F..%2Fetc%2Fpasswd")]
    public async Task Shows_nothing_else(string name)
    {
        using var answer = await shop.Http.GetAsync($"/v1/media/{name}");
        Assert.Equal((404, "media_not_found"), ((int)answer.StatusCode, await answer.Code()));
    }
}
