using Souk.EmbeddedPostgres;

namespace Souk.Host.Commands;

/// <summary>
/// The database a command works on: the given one, or the embedded one of the data folder, which is adopted when a shop runs on it and
/// otherwise started for as long as the command lasts.
/// </summary>
internal sealed class ReachableDatabase(string connectionString, EmbeddedPostgresServer? embedded) : IAsyncDisposable
{
    public string ConnectionString => connectionString;
    public EmbeddedPostgresServer? Embedded => embedded;

    public static async Task<ReachableDatabase> OfAsync(Chosen settings, Terminal terminal, CancellationToken cancel)
    {
        if (ShopOptions.DatabaseOf(settings) is { } given) return new(given, null);
        var server = await EmbeddedPostgresServer.StartAsync(new() { DataFolder = DataFolder.Of(settings).Cluster }, terminal.Steps, cancel);
        return new(server.ConnectionString, server);
    }

    public async ValueTask DisposeAsync()
    {
        if (embedded is not null) await embedded.DisposeAsync();
    }
}
