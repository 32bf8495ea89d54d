namespace Souk.Prove.Faults;

/// <summary>Faults that a neighbour on the same database could cause: for them its connection string is enough.</summary>
internal static class ConnectionFaults
{
    public const string Application = "souk-prove";

    /// <summary>So long locks and connections are held, in milliseconds: some shorter and some longer than the shop waits.</summary>
    const int HoldMin = 200, HoldMax = 7_000;

    const int TakenMax = 1_000;

    public static IEnumerable<Fault> Of(string? database)
    {
        var closed = database is null ? "the database is not known (--database)" : null;
        yield return new("cut-connections", "connections of the shop are cut, in the middle of transactions too", 4, false, script => CutAsync(database!, script), closed);
        yield return new("hold-locks", "a neighbour locks rows of stock and holds them, longer than the shop waits for a lock", 2, false, script => LockAsync(database!, script), closed);
        yield return new("take-connections", "a neighbour takes all connections that the database has left", 1, false, script => TakeAsync(database!, script), closed);
    }

    static async Task CutAsync(string database, Random script)
    {
        await using var connection = await OpenAsync(database);
        // Several times in a row, so that the second try of something is cut as well.
        for (var times = script.Next(1, 4); times > 0; times--)
        {
            await using var command = new NpgsqlCommand(script.Next(2) == 0 ? CutBusy : CutAny, connection) { Parameters = { new() { Value = Application }, new() { Value = script.Next(1, 12) } } };
            await command.ExecuteNonQueryAsync();
            await Task.Delay(script.Next(1, 60));
        }
    }

    static async Task LockAsync(string database, Random script)
    {
        await using var connection = await OpenAsync(database);
        await using var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand(LockStock, connection) { Parameters = { new() { Value = script.Next(1, 4) } } };
        await command.ExecuteNonQueryAsync();
        await Task.Delay(script.Next(HoldMin, HoldMax));
    }

    static async Task TakeAsync(string database, Random script)
    {
        // New connections of the shop must fail too, so its present ones are cut once there is no room.
        var taken = new List<NpgsqlConnection>();
        try
        {
            try
            {
                while (taken.Count < TakenMax) taken.Add(await OpenAsync(database));
            }
            catch (PostgresException full) when (full.SqlState is PostgresErrorCodes.TooManyConnections)
            {
            }
            await using (var command = new NpgsqlCommand(CutAny, taken[0]) { Parameters = { new() { Value = Application }, new() { Value = 3 } } }) await command.ExecuteNonQueryAsync();
            await Task.Delay(script.Next(HoldMin, HoldMax / 2));
        }
        finally
        {
            foreach (var connection in taken) await connection.DisposeAsync();
        }
    }

    static async Task<NpgsqlConnection> OpenAsync(string database)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { ApplicationName = Application, Pooling = false, Timeout = 5 }.ConnectionString);
        try
        {
            await connection.OpenAsync();
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    const string CutAny = """
        SELECT pg_terminate_backend(pid) FROM (
            SELECT pid FROM pg_stat_activity
            WHERE datname = current_database() AND usename = current_user AND application_name <> $1 AND pid <> pg_backend_pid() ORDER BY random() LIMIT $2) AS chosen
        """;

    const string CutBusy = """
        SELECT pg_terminate_backend(pid) FROM (
            SELECT pid FROM pg_stat_activity
            WHERE datname = current_database() AND usename = current_user AND application_name <> $1 AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
            ORDER BY random() LIMIT $2) AS chosen
        """;

    const string LockStock = """
        SELECT 1 FROM ordering.stock WHERE variant_id IN (SELECT variant_id FROM ordering.stock ORDER BY reserved DESC LIMIT $1) ORDER BY variant_id FOR UPDATE
        """;
}
