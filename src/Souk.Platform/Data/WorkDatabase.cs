namespace Souk.Platform.Data;

/// <summary>
/// The few connections that jobs, relay and health keep to themselves. Apart from the pool of requests, so that leases are renewed and readiness is
/// told while requests wait for a connection; and with the plan of queue reads pinned to the index: a queue table that was never analysed
/// else sorts its whole backlog at every look.
/// </summary>
internal sealed class WorkDatabase(string connectionString, ILoggerFactory? logs = null) : IAsyncDisposable
{
    public const int ConnectionsMax = 6;

    /// <summary>A statement on a queue that takes longer has lost its connection; it is tried again.</summary>
    const int StatementSecondsMax = 10, ConnectSecondsMax = 5;

    public NpgsqlDataSource Source { get; } = Database.Connect(Pinned(connectionString), logs, "souk-work");

    /// <summary>Drops idle connections: after a failure their prepared statements may not be what Npgsql believes they are.</summary>
    public void Forget() => Source.Clear();

    public ValueTask DisposeAsync() => Source.DisposeAsync();

    static string Pinned(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            MaxPoolSize = ConnectionsMax,
            MinPoolSize = 0,
            CommandTimeout = StatementSecondsMax,
            Timeout = ConnectSecondsMax,
        };
        settings.Options = $"{settings.Options} -c enable_seqscan=off -c enable_bitmapscan=off -c enable_sort=off -c max_parallel_workers_per_gather=0";
        return settings.ConnectionString;
    }
}
