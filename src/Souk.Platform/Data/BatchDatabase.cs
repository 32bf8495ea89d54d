namespace Souk.Platform.Data;

/// <summary>
/// The few connections of those who write for many at once (<see cref="NaturalBatches{TItem, TAnswer}"/>). Apart from the pool of requests, whose connections
/// take turns: the same one or two server processes keep at hand what these statements need, a tenth more orders than over the pool; and a batch waits for no
/// request's connection.
/// </summary>
public sealed class BatchDatabase(NpgsqlDataSource source) : IAsyncDisposable
{
    /// <summary>Every lane and everything written alone beside them at once: where others hold locks, batches go on.</summary>
    public const int ConnectionsMax = 11;

    public NpgsqlDataSource Source => source;

    public static BatchDatabase Connect(string connectionString, ILoggerFactory? logs = null) => new(Database.Connect(
        new NpgsqlConnectionStringBuilder(connectionString) { MaxPoolSize = ConnectionsMax, MinPoolSize = 0 }.ConnectionString, logs, "souk-batches"));

    public ValueTask DisposeAsync() => source.DisposeAsync();
}
