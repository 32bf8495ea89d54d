using System.Data;
using System.Text.Json;
using NpgsqlTypes;
using Souk.Platform.Http;

namespace Souk.Platform.Data;

/// <summary>What hand-written SQL would otherwise repeat. Not an ORM: no SQL is made here.</summary>
/// <remarks>An argument is a value, <c>null</c>, or an <see cref="NpgsqlParameter"/> where the type cannot be guessed.</remarks>
public static class Sql
{
    public static NpgsqlParameter Jsonb<T>(T value) => new()
    {
        NpgsqlDbType = NpgsqlDbType.Jsonb,
        Value = JsonSerializer.SerializeToUtf8Bytes(value, Json.Options),
    };

    public static NpgsqlParameter Jsonbs<T>(IEnumerable<T> values) => new()
    {
        NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb,
        Value = values.Select(value => value is null ? null : JsonSerializer.Serialize(value, Json.Options)).ToArray(),
    };

    /// <summary>One of them, perhaps none: a bare null has no type.</summary>
    public static NpgsqlParameter Bytea(byte[]? value) => new() { NpgsqlDbType = NpgsqlDbType.Bytea, Value = (object?)value ?? DBNull.Value };

    public static NpgsqlParameter Byteas(IEnumerable<byte[]?> values) => new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea, Value = values.ToArray() };

    /// <summary>Pairs as a statement takes them: the first of each, the second of each.</summary>
    public static object?[] Pairs(IEnumerable<(Guid First, Guid Second)> pairs)
    {
        var all = pairs.ToList();
        return [all.Select(p => p.First).ToArray(), all.Select(p => p.Second).ToArray()];
    }

    /// <summary>One statement of a batch: a batch without an open transaction is one implicit transaction and one round trip.</summary>
    public static NpgsqlBatch Add(this NpgsqlBatch batch, string sql, params ReadOnlySpan<object?> args)
    {
        var command = new NpgsqlBatchCommand(sql);
        Bind(command.Parameters, args);
        batch.BatchCommands.Add(command);
        return batch;
    }

    public static NpgsqlCommand Command(this NpgsqlConnection connection, string sql, params ReadOnlySpan<object?> args)
    {
        var command = new NpgsqlCommand(sql, connection);
        Bind(command.Parameters, args);
        return command;
    }

    public static async Task<List<T>> QueryAsync<T>(this NpgsqlConnection connection, string sql,
        Func<NpgsqlDataReader, T> read, object?[] args, CancellationToken cancel)
    {
        await using var command = connection.Command(sql, args);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancel)) rows.Add(read(reader));
        return rows;
    }

    /// <summary>The first row, or the default when there is none.</summary>
    public static async Task<T?> QueryFirstAsync<T>(this NpgsqlConnection connection, string sql,
        Func<NpgsqlDataReader, T> read, object?[] args, CancellationToken cancel)
    {
        await using var command = connection.Command(sql, args);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? read(reader) : default;
    }

    /// <summary>How many rows the statement touched.</summary>
    public static async Task<int> ExecuteAsync(this NpgsqlConnection connection, string sql, object?[] args, CancellationToken cancel)
    {
        await using var command = connection.Command(sql, args);
        return await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>The same on a connection of its own, for a statement that needs no company.</summary>
    public static async Task<List<T>> QueryAsync<T>(this NpgsqlDataSource db, string sql,
        Func<NpgsqlDataReader, T> read, object?[] args, CancellationToken cancel)
    {
        await using var connection = await db.OpenConnectionAsync(cancel);
        return await connection.QueryAsync(sql, read, args, cancel);
    }

    /// <inheritdoc cref="QueryFirstAsync{T}(NpgsqlConnection, string, Func{NpgsqlDataReader, T}, object?[], CancellationToken)"/>
    public static async Task<T?> QueryFirstAsync<T>(this NpgsqlDataSource db, string sql,
        Func<NpgsqlDataReader, T> read, object?[] args, CancellationToken cancel)
    {
        await using var connection = await db.OpenConnectionAsync(cancel);
        return await connection.QueryFirstAsync(sql, read, args, cancel);
    }

    /// <inheritdoc cref="ExecuteAsync(NpgsqlConnection, string, object?[], CancellationToken)"/>
    public static async Task<int> ExecuteAsync(this NpgsqlDataSource db, string sql, object?[] args, CancellationToken cancel)
    {
        await using var connection = await db.OpenConnectionAsync(cancel);
        return await connection.ExecuteAsync(sql, args, cancel);
    }

    /// <summary>
    /// The same, in a transaction whose commit does not wait for the disk: for what is found out and done again should a crash of the database undo it. Whoever
    /// commits later and waits makes it durable too.
    /// </summary>
    public static async Task<T?> QueryFirstUnsyncedAsync<T>(this NpgsqlDataSource db, string sql, Func<NpgsqlDataReader, T> read, object?[] args, CancellationToken cancel)
    {
        await using var connection = await db.OpenConnectionAsync(cancel);
        await using var batch = connection.CreateBatch().Add(sql, args).WithoutSync();
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? read(reader) : default;
    }

    /// <summary>Lets the commit of the batch not wait for the disk: for what may be undone by a crash of the database, since it would be done again.</summary>
    public static NpgsqlBatch WithoutSync(this NpgsqlBatch batch) => batch.Add(NoSync);

    /// <summary>Makes what follows in the batch wait for a lock as long as any statement of a request does, also on a connection of those who wait less.</summary>
    public static NpgsqlBatch WithPatience(this NpgsqlBatch batch) => batch.Add(Patience);

    /// <summary>Makes what follows in the batch wait for a lock only as long as batches do, also on a connection of requests.</summary>
    public static NpgsqlBatch WithoutPatience(this NpgsqlBatch batch) => batch.Add(Impatience);

    /// <summary>Runs the batch and reads the rows of its last statements, so many of them. Every statement of it has rows to tell, if perhaps none.</summary>
    public static async Task<List<T>> QueryLastAsync<T>(this NpgsqlBatch batch, int statements, Func<NpgsqlDataReader, T> read)
    {
        var rows = new List<T>();
        await using var reader = await batch.ExecuteReaderAsync(CancellationToken.None);
        for (var i = statements - batch.BatchCommands.Count; ; i++)
        {
            // To the end, also of those whose rows are of no use: what failed later is told when it is come to.
            while (await reader.ReadAsync(CancellationToken.None))
                if (i >= 0) rows.Add(read(reader));
            if (!await reader.NextResultAsync(CancellationToken.None)) return rows;
        }
    }

    /// <summary>
    /// After a batch that failed: statements of it behind the one that failed were never seen by the server, though the driver may believe that it prepared them. A
    /// connection that is gone has none.
    /// </summary>
    public static void ForgetStatements(this NpgsqlConnection connection)
    {
        if (connection.State == ConnectionState.Open) connection.UnprepareAll();
    }

    /// <summary>The server, or whoever runs it, ended the connection: as with one that was lost, nobody knows what became of a commit.</summary>
    public static bool IsShutdown(this NpgsqlException lost) =>
        lost is PostgresException { SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow };

    static readonly string Patience = $"SELECT set_config('lock_timeout', '{Database.LockSecondsMax}s', true)";

    static readonly string Impatience = FormattableString.Invariant($"SELECT set_config('lock_timeout', '{BatchDatabase.LockMillisecondsMax}ms', true)");

    const string NoSync = "SELECT set_config('synchronous_commit', 'off', true)";

    public static T? Nullable<T>(this NpgsqlDataReader row, int column) where T : struct =>
        row.IsDBNull(column) ? null : row.GetFieldValue<T>(column);

    public static string? NullableString(this NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetString(column);

    static void Bind(NpgsqlParameterCollection parameters, ReadOnlySpan<object?> args)
    {
        foreach (var arg in args)
            parameters.Add(arg as NpgsqlParameter ?? new NpgsqlParameter { Value = arg ?? DBNull.Value });
    }
}
