using System.Net;
using Souk.Host;

namespace Souk.Tests.Host.Telemetry;

public sealed class ManagementPortTests(ManagementPortTests.Managed shop) : IClassFixture<ManagementPortTests.Managed>
{
    public sealed class Managed(TestPostgres postgres) : TestShop(postgres)
    {
        protected override ShopSettings Adjust(ShopSettings settings) => settings with { ManagementUrl = "http://127.0.0.1:0" };
    }

    [Theory]
    [InlineData("/metrics", HttpStatusCode.OK)]
    [InlineData("/health/live", HttpStatusCode.OK)]
    [InlineData("/health/ready", HttpStatusCode.OK)]
    [InlineData("/v1/products", HttpStatusCode.NotFound)]
    [InlineData("/v1/admin/dead-jobs", HttpStatusCode.NotFound)]
    public async Task Has_metrics_and_health_and_nothing_of_the_shop(string path, HttpStatusCode status)
    {
        using var answer = await shop.Http.GetAsync(new Uri(new Uri(shop.App.Urls.Last()), path));
        Assert.Equal(status, answer.StatusCode);
    }

    [Fact]
    public async Task Is_another_than_the_shops_which_has_no_metrics_and_has_health()
    {
        Assert.NotEqual(shop.App.Urls.First(), shop.App.Urls.Last());
        Assert.Equal(HttpStatusCode.NotFound, (await shop.Http.GetAsync("/metrics")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await shop.Http.GetAsync("/health/live")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await shop.Http.GetAsync("/v1/products")).StatusCode);
    }

    [Fact]
    public async Task Answers_only_reading()
    {
        using var answer = await shop.Http.PostAsync(new Uri(new Uri(shop.App.Urls.Last()), "/metrics"), null);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
    }
}
