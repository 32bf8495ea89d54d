using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Souk.Host;
using Souk.Platform.Modules;

namespace Souk.Tests.Platform;

/// <summary>A node with the work that a test gives it and no module. Several may share a database, each with a clock of its own.</summary>
public sealed class WorkNode : IAsyncDisposable
{
    readonly string keys = Directory.CreateTempSubdirectory("souk-keys-").FullName;
    bool stopped;

    WorkNode(string connectionString, Action<WebApplicationBuilder>? configure, string[] roles)
    {
        ConnectionString = connectionString;
        App = Shop.Build(new() { ConnectionString = connectionString, KeysFolder = keys, Url = "http://127.0.0.1:0", Modules = [], Roles = roles }, builder =>
        {
            builder.Logging.ClearProviders();
            builder.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(Clock));
            configure?.Invoke(builder);
        });
    }

    public WebApplication App { get; }
    public TestClock Clock { get; } = new();
    public string ConnectionString { get; }
    public NpgsqlDataSource Db => App.Services.GetRequiredService<NpgsqlDataSource>();

    /// <summary>One that is put together and not started yet.</summary>
    public static WorkNode Build(string connectionString, Action<WorkMap>? map = null, Action<WebApplicationBuilder>? configure = null, string[]? roles = null)
    {
        var node = new WorkNode(connectionString, configure, roles ?? ["worker"]);
        map?.Invoke(node.App.Services.GetRequiredService<WorkMap>());
        return node;
    }

    public static async Task<WorkNode> StartAsync(string connectionString, Action<WorkMap>? map = null, Action<WebApplicationBuilder>? configure = null, string[]? roles = null)
    {
        var node = Build(connectionString, map, configure, roles);
        await node.App.StartAsync();
        return node;
    }

    /// <summary>A node that does no work of its own, for what tests do beside the workers.</summary>
    public static Task<WorkNode> IdleAsync(string connectionString) => StartAsync(connectionString, roles: []);

    public async Task StopAsync()
    {
        stopped = true;
        await App.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!stopped) await StopAsync();
        await App.DisposeAsync();
        Directory.Delete(keys, recursive: true);
    }
}

/// <summary>What tests of work do in the database.</summary>
public static class Rows
{
    public static async Task<T> ScalarAsync<T>(this WorkNode node, string sql, params object[] args)
    {
        await using var command = node.Db.CreateCommand(sql);
        foreach (var arg in args) command.Parameters.Add(new() { Value = arg });
        return await command.ExecuteScalarAsync() is { } value and not DBNull ? (T)value : default!;
    }

    public static async Task ExecuteAsync(this WorkNode node, string sql, params object[] args)
    {
        await using var command = node.Db.CreateCommand(sql);
        foreach (var arg in args) command.Parameters.Add(new() { Value = arg });
        await command.ExecuteNonQueryAsync();
    }

    public static async Task<List<T>> ListAsync<T>(this WorkNode node, string sql)
    {
        await using var command = node.Db.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var values = new List<T>();
        while (await reader.ReadAsync()) values.Add(reader.GetFieldValue<T>(0));
        return values;
    }

    /// <summary>A table that handlers write to, where it can be seen what took effect, and in which order.</summary>
    public static Task MakeNotesAsync(this WorkNode node) => node.ExecuteAsync("CREATE TABLE notes (n bigint GENERATED ALWAYS AS IDENTITY, who text, what uuid, version int)");

    /// <summary>Ends every connection to the node's database but our own.</summary>
    public static Task KillConnectionsAsync(this WorkNode node) =>
        node.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()");
}
