using System.Diagnostics;
using Souk.EmbeddedPostgres;

namespace Souk.Tests.EmbeddedPostgres;

/// <summary>A folder for one throw-away cluster. Its servers end with it.</summary>
internal sealed class ClusterFolder : IAsyncDisposable
{
    readonly ThrowAwayFolder folder = new();
    readonly List<EmbeddedPostgresServer> servers = [];

    public string Root => folder.Root;
    public string Data => Path.Combine(Root, "my shop", "pg");
    public EmbeddedPostgresOptions Options => new() { DataFolder = Data, Durable = false };

    public Task<EmbeddedPostgresServer> Start() => Start(Options);

    public async Task<EmbeddedPostgresServer> Start(EmbeddedPostgresOptions options)
    {
        var server = await EmbeddedPostgresServer.StartAsync(options, progress: null, TestContext.Current.CancellationToken);
        lock (servers) servers.Add(server);
        return server;
    }

    /// <summary>What kill -9 on a host leaves: a living server, and locks that the system took back.</summary>
    public static void KillHostOf(EmbeddedPostgresServer server) => server.share.Dispose();

    public static async Task Kill(int processId)
    {
        using var process = Process.GetProcessById(processId);
        process.Kill();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    public static async Task<T> Ask<T>(EmbeddedPostgresServer server, string sql)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public static Task<int> Run(EmbeddedPostgresServer server, string sql) => Ask<int>(server, sql + "; SELECT 1");

    public async ValueTask DisposeAsync()
    {
        foreach (var server in servers) await server.StopAsync(StopMode.Immediate);
        folder.Dispose();
    }
}
