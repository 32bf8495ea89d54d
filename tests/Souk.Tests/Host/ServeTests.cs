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
}
