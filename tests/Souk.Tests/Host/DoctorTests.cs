namespace Souk.Tests.Host;

public sealed class DoctorTests(TestPostgres postgres)
{
    [Fact]
    public async Task A_shop_that_is_well_gets_no_advice()
    {
        await using var folder = new HostFolder();
        await using (var shop = await HostProcess.StartAsync("up", "--port", "auto", "--data", folder.Path, "--no-seed"))
        {
            var (code, said) = await HostProcess.RunAsync("doctor", "--data", folder.Path);
            Assert.True(code == 0, said);
            Assert.Matches("(?m)^ok +durability", said);
            Assert.Matches("(?m)^ok +schema", said);
            Assert.DoesNotMatch("(?m)^fail", said);
            Assert.Equal(0, await shop.StopAsync());
        }
    }

    [Fact]
    public async Task Each_fault_has_a_line_that_says_what_to_do()
    {
        await using var folder = new HostFolder();
        var keys = Directory.CreateDirectory(Path.Combine(folder.Path, "keys"));
        HostFolder.Open(keys.FullName);

        var (code, said) = await HostProcess.RunAsync("doctor", "--data", folder.Path, "--database", await postgres.NewEmptyDatabaseAsync());

        Assert.Equal(1, code);
        Assert.Matches($"(?m)^fail +keys .*chmod 700 '{keys.FullName}'", said);
        Assert.Matches("(?m)^fail +schema .*souk migrate", said);
    }

    [Fact]
    public async Task A_database_that_is_away_is_a_fault_and_no_stack_trace()
    {
        await using var folder = new HostFolder();
        var (code, said) = await HostProcess.RunAsync("doctor", "--data", folder.Path, "--database", "Host=127.0.0.1;Port=1;Username=nobody;Database=nothing");
        Assert.Equal(1, code);
        Assert.Matches("(?m)^fail +database .*correct --database", said);
        Assert.DoesNotContain("   at ", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Work_that_nobody_does_or_that_failed_has_a_line_that_says_what_to_do()
    {
        await using var folder = new HostFolder();
        var database = await postgres.NewDatabaseAsync();
        await using (var connection = new NpgsqlConnection(database))
        {
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand("""
                INSERT INTO platform.outbox (type, aggregate_id, version, occurred_at, payload) VALUES ('stock.state_changed', gen_random_uuid(), 1, now() - interval '10 minutes', '{}');
                INSERT INTO platform.parked_events (subscriber, aggregate, aggregate_id, version, type, occurred_at, payload)
                VALUES ('catalog.show-stock-state', 'stock', gen_random_uuid(), 1, 'stock.state_changed', now() - interval '1 hour', '{}');
                INSERT INTO platform.dead_jobs (id, type, args, attempts, last_error, died_at)
                VALUES (gen_random_uuid(), 'catalog.show-stock-state/parked-events', '{}', 12, 'TimeoutException', now());
                INSERT INTO platform.jobs (id, type, args, due_at) VALUES (gen_random_uuid(), 'test.waits', '{}', now() - interval '10 minutes')
                """, connection);
            await command.ExecuteNonQueryAsync();
        }
        var (_, said) = await HostProcess.RunAsync("doctor", "--data", folder.Path, "--database", database);

        Assert.Matches("(?m)^warn +dead jobs +1 jobs failed for good, catalog.show-stock-state/parked-events most. .*/replays", said);
        Assert.Matches("(?m)^warn +jobs +.* 10 minutes. .*role 'worker'", said);
        Assert.Matches("(?m)^warn +events +[a-z.-]+ has not read an event of 10 minutes ago. .*role 'worker'", said);
        Assert.Matches("(?m)^warn +parked +1 events wait behind one that failed; 1 of those failed for good", said);
    }

    [Fact]
    public async Task Telemetry_that_nobody_takes_or_that_is_set_wrongly_is_a_fault()
    {
        await using var folder = new HostFolder();
        var (code, said) = await HostProcess.RunInAsync(Path.GetTempPath(), [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")], "doctor", "--data", folder.Path);
        Assert.Equal(1, code);
        Assert.Matches("(?m)^fail +telemetry +nobody answers at http://127.0.0.1:1/.*Start the collector", said);

        (code, said) = await HostProcess.RunInAsync(Path.GetTempPath(), [("SOUK_TELEMETRY__SAMPLERATIO", "7")], "doctor", "--data", folder.Path);
        Assert.Equal(1, code);
        Assert.Matches("(?m)^fail +telemetry +Telemetry:SampleRatio is '7'", said);
    }

    [Fact]
    public async Task A_database_that_cannot_carry_a_shop_and_keys_that_are_not_where_they_should_be_are_faults()
    {
        await using var folder = new HostFolder();
        var database = await postgres.NewDatabaseAsync();
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using (var command = new NpgsqlCommand($"""
            ALTER DATABASE "{connection.Database}" CONNECTION LIMIT 10;
            ALTER DATABASE "{connection.Database}" SET synchronous_commit = off;
            """, connection))
            await command.ExecuteNonQueryAsync();
        var (code, said) = await HostProcess.RunAsync("doctor", "--data", folder.Path, "--database", database, "--keys", Path.Combine(folder.Path, "pg18", "keys"));
        Assert.Equal(1, code);
        Assert.Matches("(?m)^fail +keys .*every copy of those carries the keys", said);
        Assert.Matches("(?m)^fail +connections +the database gives 10, .*Raise max_connections", said);
        Assert.Matches("(?m)^fail +durability +synchronous_commit is off", said);
        Assert.Matches("(?m)^ok +encoding +UTF8", said);
    }

    [Fact]
    public async Task Accounts_without_their_keys_are_a_fault()
    {
        await using var folder = new HostFolder();
        var (database, keys) = (await postgres.NewDatabaseAsync(), Path.Combine(folder.Path, "keys"));
        await using (var node = await HostProcess.StartAsync("serve", "--database", database, "--keys", keys, "--port", "auto"))
        {
            using var http = new HttpClient { BaseAddress = node.Address };
            using var made = await System.Net.Http.Json.HttpClientJsonExtensions.PostAsJsonAsync(http, "/v1/users", new { email = "grace@example.com", password = "a ship in harbour is safe" });
            Assert.True(made.IsSuccessStatusCode);
            Assert.Equal(0, await node.StopAsync());
        }
        Directory.Move(keys, keys + "-elsewhere");
        var (code, said) = await HostProcess.RunAsync("doctor", "--data", folder.Path, "--database", database);
        Assert.Equal(1, code);
        Assert.Matches("(?m)^fail +people +the database has accounts and .*keys does not exist", said);
    }
}
