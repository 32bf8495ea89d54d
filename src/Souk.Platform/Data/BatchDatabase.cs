namespace Souk.Platform.Data;

/// <summary>
/// The few connections of those who write for many at once (<see cref="NaturalBatches{TItem, TAnswer}"/>). Apart from the pool of requests, whose connections
/// take turns: the same one or two server processes keep at hand what these statements need, a tenth more orders than over the pool; and a batch waits for no
/// request's connection.
/// </summary>
public sealed class BatchDatabase(NpgsqlDataSource source) : IAsyncDisposable
{
    /// <summary>Every lane and everything written alone beside them at once: where others hold locks, batches go on.</summary>
    public const int ConnectionsMax = 16;

    public NpgsqlDataSource Source => source;

    /// <summary>A lock that is not had in this time fails a statement (55P03): it stops only the item that needs it, which is then written alone.</summary>
    public const int LockMillisecondsMax = 250;

    /// <summary>What is written is found by its keys, row by row: reading a table whole to join it looks cheaper only while it is small, or was when the plan was made.</summary>
    const string Plans = "-c enable_hashjoin=off -c enable_mergejoin=off";

    public static BatchDatabase Connect(string connectionString, ILoggerFactory? logs = null)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { MaxPoolSize = ConnectionsMax, MinPoolSize = 0 };
        return new(Database.Connect(settings.ConnectionString, logs, "souk-batches", FormattableString.Invariant($"{Plans} -c lock_timeout={LockMillisecondsMax}ms")));
    }

    /// <summary>
    /// Ends what the server may still be doing for a connection that was lost: from then on it is done or undone, and what is looked up is the truth. Else a transaction
    /// that waits for a lock could write behind the back of those who were told that it had not.
    /// </summary>
    public async Task EndAsync(NpgsqlException lost)
    {
        if (lost.Data[Backend] is int process) await source.ExecuteAsync(Terminate, [process, EndMillisecondsMax], CancellationToken.None);
    }

    /// <summary>Notes on the failure whose it was; call it where the connection is at hand.</summary>
    public static void Note(NpgsqlException failure, int process) => failure.Data[Backend] = process;

    const string Backend = "souk.backend";

    /// <summary>It ends as soon as it looks up from what it does.</summary>
    const int EndMillisecondsMax = 5_000;

    const string Terminate = "SELECT pg_terminate_backend(pid, $2) FROM pg_stat_activity WHERE pid = $1 AND usename = current_user AND pid <> pg_backend_pid()";

    public ValueTask DisposeAsync() => source.DisposeAsync();
}
