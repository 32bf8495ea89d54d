namespace Souk.Platform.Data;

/// <summary>
/// The few connections of those who write for many at once (<see cref="NaturalBatches{TItem, TAnswer}"/>). Apart from the pool of requests, whose connections
/// take turns: the same one or two server processes keep at hand what these statements need, a tenth more orders than over the pool; and a batch waits for no
/// request's connection.
/// </summary>
public sealed class BatchDatabase(NpgsqlDataSource source) : IAsyncDisposable
{
    /// <summary>Every lane and everything written alone beside them at once: where others hold locks, batches go on.</summary>
    public const int ConnectionsMax = 14;

    public NpgsqlDataSource Source => source;

    /// <summary>What is written is found by its keys, row by row: reading a table whole to join it looks cheaper only while it is small, or was when the plan was made.</summary>
    const string Plans = "-c enable_hashjoin=off -c enable_mergejoin=off";

    public static BatchDatabase Connect(string connectionString, ILoggerFactory? logs = null)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { MaxPoolSize = ConnectionsMax, MinPoolSize = 0 };
        settings.Options = $"{settings.Options} {Plans}";
        return new(Database.Connect(settings.ConnectionString, logs, "souk-batches"));
    }

    public ValueTask DisposeAsync() => source.DisposeAsync();
}
