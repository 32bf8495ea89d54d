using System.Text.Json;

namespace Souk.Tests.Host;

public sealed class ServeTests(TestPostgres postgres)
{
    [Fact]
    public async Task A_node_logs_an_object_a_line_and_stops_on_sigterm()
    {
        await using var folder = new HostFolder();
        var database = await postgres.NewDatabaseAsync();
        await using var node = await HostProcess.StartAsync("serve", "--database", database, "--keys", folder.Path, "--port", "auto");
        using (var http = new HttpClient { BaseAddress = node.Address })
            Assert.Equal("route_not_found", await (await http.GetAsync("/nothing/here")).Code());
        Assert.Equal(0, await node.StopAsync());

        Assert.DoesNotContain("DataProtection", node.Output, StringComparison.Ordinal);
        Assert.All(node.Output.Split('\n'), line => Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(line).RootElement.ValueKind));
        // What a shopper asked for is nobody's business in a log.
        Assert.DoesNotContain("nothing/here", node.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_old_schema_is_refused_unless_it_may_migrate()
    {
        await using var folder = new HostFolder();
        var database = await postgres.NewEmptyDatabaseAsync();

        var (code, said) = await HostProcess.RunAsync("serve", "--database", database, "--keys", folder.Path, "--port", "auto");
        Assert.Equal(1, code);
        Assert.Contains("start with --migrate", said, StringComparison.Ordinal);

        await using var node = await HostProcess.StartAsync("serve", "--database", database, "--keys", folder.Path, "--port", "auto", "--migrate");
        Assert.Equal(0, await node.StopAsync());
    }

    [Theory]
    [InlineData(null, "payment_method_unavailable")]
    [InlineData("sandbox", "variant_unavailable")]
    public async Task Play_money_is_taken_only_when_the_operator_says_so(string? methods, string code)
    {
        await using var folder = new HostFolder();
        await using var node = await HostProcess.StartWithAsync(methods is null ? [] : [("SOUK_PAYMENTS__METHODS", methods)],
            "serve", "--database", await postgres.NewDatabaseAsync(), "--keys", folder.Path, "--port", "auto");
        using var http = new HttpClient { BaseAddress = node.Address };
        using var order = new HttpRequestMessage(HttpMethod.Post, "/v1/orders")
        {
            Content = System.Net.Http.Json.JsonContent.Create(new
            {
                lines = new[] { new { variantId = "var_00000000000000000000000001", quantity = 1 } },
                email = "guest@example.com",
                payment = new { method = "sandbox" },
            }),
        };
        order.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());
        Assert.Equal(code, await (await http.SendAsync(order)).Code());
    }
}
