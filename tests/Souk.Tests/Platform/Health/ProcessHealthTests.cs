using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Souk.Host;

namespace Souk.Tests.Platform.Health;

public sealed class ProcessHealthTests(TestPostgres postgres)
{
    const string Nowhere = "Host=127.0.0.1;Port=1;Username=nobody;Database=nothing;Timeout=1";

    [Theory]
    [InlineData("live")]
    [InlineData("startup")]
    [InlineData("ready")]
    public async Task A_process_that_is_well_says_so_to_everyone_on_every_role(string what)
    {
        await using var node = await Node(await postgres.NewDatabaseAsync());
        // A machine under load may open its first connection in more than the second that readiness waits.
        await Answers.Eventually(async () => (await Ask(node, what)).StatusCode == HttpStatusCode.OK, "it is well");
        using var answer = await Ask(node, what);
        Assert.Equal("""{"status":"ok"}""", await answer.Content.ReadAsStringAsync());
        Assert.Equal("no-store", answer.Headers.CacheControl?.ToString());
    }

    [Fact]
    public async Task Without_its_database_a_process_lives_and_is_not_ready_and_tells_nothing_else()
    {
        await using var node = await Node(Nowhere);
        Assert.Equal(HttpStatusCode.OK, (await Ask(node, "live")).StatusCode);
        foreach (var (what, code) in new[] { ("ready", "not_ready"), ("startup", "not_started") })
        {
            using var answer = await Ask(node, what);
            Assert.Equal((HttpStatusCode.ServiceUnavailable, code), (answer.StatusCode, await answer.Code()));
            Assert.Equal("no-store", answer.Headers.CacheControl?.ToString());
            Assert.DoesNotContain("127.0.0.1", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Startup_waits_for_the_migrations_and_stays_true_afterwards()
    {
        var connectionString = await postgres.NewEmptyDatabaseAsync();
        await using var node = await Node(connectionString);
        Assert.Equal("not_started", await (await Ask(node, "startup")).Code());
        await Shop.MigrateAsync(connectionString, NullLogger.Instance, default);
        await Answers.Eventually(async () => (await Ask(node, "startup")).StatusCode == HttpStatusCode.OK, "it has started");
        await node.ExecuteAsync("DELETE FROM platform.migrations");
        Assert.Equal(HttpStatusCode.OK, (await Ask(node, "startup")).StatusCode);
    }

    [Fact]
    public async Task Readiness_comes_back_with_the_database()
    {
        await using var node = await Node(await postgres.NewDatabaseAsync());
        await node.KillConnectionsAsync();
        await Answers.Eventually(async () => (await Ask(node, "ready")).StatusCode == HttpStatusCode.OK, "it is ready again");
    }

    /// <summary>Readiness ends first: a load balancer sees it while requests are still answered.</summary>
    [Fact]
    public async Task A_process_that_stops_is_not_ready_and_answers_until_its_drain_time_is_over()
    {
        await using var node = await WorkNode.StartAsync(await postgres.NewDatabaseAsync(), _ => { }, builder => builder.Configuration["Health:DrainSeconds"] = "3", roles: []);
        await Answers.Eventually(async () => (await Ask(node, "ready")).StatusCode == HttpStatusCode.OK, "it is ready");
        var stopping = node.StopAsync();
        await Answers.Eventually(async () => (await Ask(node, "ready")).StatusCode == HttpStatusCode.ServiceUnavailable, "it is not ready");
        Assert.Equal(HttpStatusCode.OK, (await Ask(node, "live")).StatusCode);
        Assert.False(stopping.IsCompleted);
        await stopping;
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("61")]
    [InlineData("soon")]
    public async Task A_drain_time_that_is_none_stops_the_start(string seconds)
    {
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => WorkNode.StartAsync(Nowhere, _ => { }, builder => builder.Configuration["Health:DrainSeconds"] = seconds));
        Assert.Contains("0 to 60", refused.Message, StringComparison.Ordinal);
    }

    static Task<WorkNode> Node(string connectionString) => WorkNode.IdleAsync(connectionString);

    static async Task<HttpResponseMessage> Ask(WorkNode node, string what)
    {
        using var http = new HttpClient { BaseAddress = new Uri(node.App.Urls.First()) };
        return await http.GetAsync($"/health/{what}");
    }
}
