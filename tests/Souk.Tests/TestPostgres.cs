using Microsoft.Extensions.Logging.Abstractions;
using Souk.EmbeddedPostgres;
using Souk.Host;
using Souk.Tests;

[assembly: AssemblyFixture(typeof(TestPostgres))]

namespace Souk.Tests;

/// <summary>
/// One PostgreSQL for the whole run: the embedded one, or the server that <c>SOUK_TEST_DATABASE</c> names, by a role that may create
/// databases. Every shop under test gets a database of its own, copied from a migrated template.
/// </summary>
public sealed class TestPostgres : IAsyncLifetime
{
    const int ConnectionsMax = 300;

    readonly SemaphoreSlim copying = new(1);
    readonly ThrowAwayFolder folder = new();
    EmbeddedPostgresServer? embedded;
    string server = "", template = "";

    public async ValueTask InitializeAsync()
    {
        server = Environment.GetEnvironmentVariable("SOUK_TEST_DATABASE") ?? await StartEmbeddedAsync();
        template = await CreateAsync("template1");
        await Shop.MigrateAsync(template, NullLogger.Instance, CancellationToken.None);
    }

    /// <summary>The connection string of a new database with the schema of this build and no rows.</summary>
    public async Task<string> NewDatabaseAsync()
    {
        await copying.WaitAsync();
        try { return await CreateAsync(new NpgsqlConnectionStringBuilder(template).Database!); }
        finally { copying.Release(); }
    }

    /// <summary>An empty database, for tests of migration itself.</summary>
    public Task<string> NewEmptyDatabaseAsync() => CreateAsync("template1");

    async Task<string> CreateAsync(string from)
    {
        var name = $"souk_test_{Guid.NewGuid():n}";
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(server) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        // Database names cannot be parameters; both are ours.
        await using var command = new NpgsqlCommand($"CREATE DATABASE \"{name}\" TEMPLATE \"{from}\"", connection);
        await command.ExecuteNonQueryAsync();
        return new NpgsqlConnectionStringBuilder(server) { Database = name }.ConnectionString;
    }

    async Task<string> StartEmbeddedAsync()
    {
        ThrowAwayFolder.RemoveLeftOvers();
        embedded = await EmbeddedPostgresServer.StartAsync(
            new() { DataFolder = Path.Combine(folder.Root, "pg"), Durable = false, MaxConnections = ConnectionsMax });
        return embedded.ConnectionString;
    }

    public async ValueTask DisposeAsync()
    {
        copying.Dispose();
        if (embedded is not null) await embedded.StopAsync(StopMode.Immediate);
        folder.Dispose();
    }
}
