using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Souk.Host;

namespace Souk.Tests.Identity.Sessions;

public sealed class SignOutTests(TestShop shop) : IClassFixture<TestShop>
{
    const string Current = "/v1/sessions/current";

    [Fact]
    public async Task Ends_the_session_at_once_and_can_be_sent_again()
    {
        var anna = await shop.NewPerson();
        var elsewhere = await shop.SignedIn(anna.Email);

        Assert.Equal(HttpStatusCode.NoContent, (await anna.Http.DeleteAsync(Current)).StatusCode);
        var refused = await anna.Http.GetAsync("/v1/me");
        await refused.Problem(HttpStatusCode.Unauthorized, "access_token_invalid");
        Assert.Contains("invalid_token", refused.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        await (await shop.Refresh(anna.RefreshToken)).Problem(HttpStatusCode.Unauthorized, "refresh_token_invalid");

        Assert.Equal(HttpStatusCode.NoContent, (await anna.Http.DeleteAsync(Current)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await elsewhere.Http.GetAsync("/v1/me")).StatusCode);
    }

    [Fact]
    public async Task A_visitor_has_nothing_to_end_and_a_strangers_token_is_refused()
    {
        Assert.Equal(HttpStatusCode.NoContent, (await shop.Http.DeleteAsync(Current)).StatusCode);
        await (await shop.Bearing("stranger").DeleteAsync(Current)).Problem(HttpStatusCode.Unauthorized, "access_token_invalid");
    }

    /// <summary>A second node over the same database, and a third that starts after the sign-out: both learn it by themselves.</summary>
    [Fact]
    public async Task Other_nodes_refuse_the_access_token_soon_after()
    {
        var anna = await shop.NewPerson();
        await using var second = await Node();
        Assert.Equal(HttpStatusCode.OK, await Ask(second, anna));

        Assert.Equal(HttpStatusCode.NoContent, (await anna.Http.DeleteAsync(Current)).StatusCode);

        await using var third = await Node();
        foreach (var node in new[] { second, third })
            await Answers.Eventually(async () => await Ask(node, anna) == HttpStatusCode.Unauthorized, "the other node knows of the sign-out");
        await second.StopAsync();
        await third.StopAsync();
    }

    async Task<WebApplication> Node()
    {
        var node = Shop.Build(new() { ConnectionString = shop.ConnectionString, KeysFolder = shop.KeysFolder, Url = "http://127.0.0.1:0" },
            builder => builder.Logging.ClearProviders());
        await node.StartAsync();
        return node;
    }

    static async Task<HttpStatusCode> Ask(WebApplication node, Person person)
    {
        using var http = new HttpClient { BaseAddress = new Uri(node.Urls.First()) };
        http.DefaultRequestHeaders.Authorization = person.Http.DefaultRequestHeaders.Authorization;
        return (await http.GetAsync("/v1/me")).StatusCode;
    }
}
