using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Souk.Tests.Host;

/// <summary>A shop behind a proxy, with a web page of another origin in front of it.</summary>
public sealed class ShopTests(ShopTests.Configured shop) : IClassFixture<ShopTests.Configured>
{
    public sealed class Configured(TestPostgres postgres) : TestShop(postgres)
    {
        protected override void Configure(WebApplicationBuilder builder)
        {
            builder.Configuration["Http:TrustedProxies"] = "127.0.0.0/8, ::1";
            builder.Configuration["Cors:Origins"] = "https://shop.example";
            builder.Services.AddSingleton<IStartupFilter, TellCaller>();
        }
    }

    /// <summary>Answers who the shop takes for the caller.</summary>
    sealed class TellCaller : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use((http, then) =>
            {
                http.Response.OnStarting(() =>
                {
                    http.Response.Headers["Seen"] = $"{http.Connection.RemoteIpAddress}";
                    return Task.CompletedTask;
                });
                return then(http);
            });
            next(app);
        };
    }

    [Fact]
    public async Task A_trusted_proxy_names_the_caller_and_strangers_in_the_chain_are_not_believed()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/nothing");
        request.Headers.Add("X-Forwarded-For", "198.51.100.1, 203.0.113.7");
        using var answer = await shop.Http.SendAsync(request);
        Assert.Equal("203.0.113.7", answer.Headers.GetValues("Seen").Single());
    }

    [Theory]
    [InlineData("https://shop.example", true)]
    [InlineData("https://elsewhere.example", false)]
    public async Task Pages_of_listed_origins_may_send_and_read_our_headers(string origin, bool may)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, "/v1/orders");
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", "POST");
        request.Headers.Add("Access-Control-Request-Headers", "idempotency-key, souk-cart-token, content-type");
        using var answer = await shop.Http.SendAsync(request);
        Assert.Equal(may, answer.Headers.TryGetValues("Access-Control-Allow-Origin", out var allowed) && allowed.Single() == origin);
        if (may) Assert.Contains("Souk-Cart-Token", answer.Headers.GetValues("Access-Control-Allow-Headers").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_nowhere_is_a_problem()
    {
        using var answer = await shop.Http.GetAsync("/nowhere");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("route_not_found", await answer.Code());
    }
}
