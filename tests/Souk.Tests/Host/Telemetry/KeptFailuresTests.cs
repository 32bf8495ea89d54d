using System.Net;

namespace Souk.Tests.Host.Telemetry;

public sealed class KeptFailuresTests(TestPostgres postgres)
{
    [Fact]
    public async Task Every_failure_is_found_by_its_trace_id_though_no_trace_is_sampled()
    {
        await using var folder = new HostFolder();
        await using var receiver = await OtlpReceiver.StartAsync();
        var database = await postgres.NewDatabaseAsync();
        await using var node = await HostProcess.StartWithAsync([("SOUK_TELEMETRY__ENDPOINT", receiver.Url), ("SOUK_TELEMETRY__SAMPLERATIO", "0")],
            "serve", "--database", database, "--keys", folder.Path, "--port", "auto");
        using var http = new HttpClient { BaseAddress = node.Address };
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/v1/categories")).StatusCode);
        var refused = await (await http.GetAsync("/v1/products/no-such-thing")).Body();
        await RunAsync(database, "ALTER TABLE catalog.categories RENAME TO away");
        // Each time a fault of its own trace, and the same fault.
        var (first, second) = (await (await http.GetAsync("/v1/categories?limit=2")).Body(), await (await http.GetAsync("/v1/categories?limit=3")).Body());
        Assert.Equal(("internal_error", "internal_error"), (first.Text("code"), second.Text("code")));
        Assert.Equal(0, await node.StopAsync());

        var requests = receiver.Spans.Where(s => s.Scope == "Microsoft.AspNetCore").ToList();
        Assert.Equal(3, requests.Count);
        Assert.Equal("product_not_found", Assert.Single(requests, s => s.TraceId == refused.Text("traceId")).Attributes["souk.problem.code"]);
        var fault = Assert.Single(requests, s => s.TraceId == first.Text("traceId"));
        Assert.Equal("42P01", fault.Attributes["error.type"]);
        var fingerprint = fault.Attributes["souk.fingerprint"];
        Assert.Matches("^[0-9a-f]{8}$", fingerprint);
        Assert.Equal(fingerprint, Assert.Single(requests, s => s.TraceId == second.Text("traceId")).Attributes["souk.fingerprint"]);
        var record = Assert.Single(receiver.Logs, l => l.TraceId == first.Text("traceId"));
        Assert.Equal(fingerprint, record.Attributes["souk.fingerprint"]);
        Assert.Contains("GET v1/categories", record.Body.Replace("/v1", "v1", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains($"\"TraceId\":\"{first.Text("traceId")}\"", node.Output, StringComparison.Ordinal);
        Assert.Contains($"\"Fingerprint\":\"{fingerprint}\"", node.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_receiver_that_is_away_changes_nothing_and_fills_no_log_and_slow_statements_are_told_with_their_plan()
    {
        await using var folder = new HostFolder();
        var database = await postgres.NewDatabaseAsync();
        await using var node = await HostProcess.StartWithAsync(
            [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"), ("SOUK_TELEMETRY__SAMPLERATIO", "1"), ("SOUK_TELEMETRY__EXPORTSECONDS", "1")],
            "serve", "--database", database, "--keys", folder.Path, "--port", "auto");
        using var http = new HttpClient { BaseAddress = node.Address };

        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await using var locks = new NpgsqlCommand("LOCK TABLE catalog.categories", connection);
            await locks.ExecuteNonQueryAsync();
            var waits = http.GetAsync("/v1/categories");
            await Answers.Eventually(async () =>
            {
                await using var waiting = new NpgsqlCommand("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'catalog.categories'::regclass)", connection);
                return (bool)(await waiting.ExecuteScalarAsync())!;
            }, "the request waits for the lock");
            await using var pause = new NpgsqlCommand("SELECT pg_sleep(0.4)", connection);
            await pause.ExecuteNonQueryAsync();
            await transaction.RollbackAsync();
            Assert.Equal(HttpStatusCode.OK, (await waits).StatusCode);
        }
        // On a busy machine others are slow too.
        string? Told() => node.Output.Split('\n').FirstOrDefault(l => l.Contains("Slow statement", StringComparison.Ordinal) && l.Contains("catalog.categories", StringComparison.Ordinal));
        await Answers.Eventually(() => Task.FromResult(Told() is not null), "the slow statement is told");
        var line = Told()!;
        Assert.Matches(@"Slow statement: [4-9]\d\d ms|Slow statement: \d{4,} ms", line);
        Assert.Matches(@"Scan.*cost=", line);

        for (var i = 0; i < 50; i++) Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/v1/categories")).StatusCode);
        Assert.Equal(0, await node.StopAsync());
        Assert.DoesNotContain("OpenTelemetry", node.Output, StringComparison.Ordinal);
        Assert.InRange(node.Output.Split('\n').Count(l => !l.Contains("Slow statement", StringComparison.Ordinal)), 1, 20);
    }

    static async Task RunAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
