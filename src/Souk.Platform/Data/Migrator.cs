using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Souk.Platform.Data;

/// <summary>One numbered SQL file of a module: <c>Migrations/0001_carts.sql</c>, forward only.</summary>
public sealed record Migration(string Module, int Number, string Name, string Text)
{
    /// <summary>SHA-256 of the text: an applied file never changes.</summary>
    public byte[] Checksum { get; } = SHA256.HashData(Encoding.UTF8.GetBytes(Text));

    /// <summary>A file that says so runs statement by statement outside a transaction (CREATE INDEX CONCURRENTLY); each must be safe to repeat.</summary>
    public bool OutsideTransaction => Text.StartsWith("-- outside a transaction", StringComparison.Ordinal);
}

/// <summary>
/// Brings a database to the schema of this build. Safe when several nodes start at once (an advisory lock lets one work, the rest find
/// nothing to do), after a crash (a file is applied and remembered in one transaction), and on a live shop (a lock is waited for only
/// <see cref="LockSecondsMax"/> s at a time, so that traffic behind it is not stopped).
/// </summary>
public sealed partial class Migrator(IReadOnlyList<(string Module, Assembly Assembly)> modules, ILogger log)
{
    public const int LockSecondsMax = 2, LockTriesMax = 30;

    /// <summary>Key of the advisory lock that migrating nodes queue on.</summary>
    const long AdvisoryLock = 0x50_55_4B_4D_49_47;

    /// <summary>Every migration of these modules, in the order they run: the platform's first, then module by module.</summary>
    public IReadOnlyList<Migration> All { get; } =
        [.. Read("platform", typeof(Migrator).Assembly), .. modules.SelectMany(m => Read(m.Module, m.Assembly))];

    /// <summary>Applies what is missing; answers how many files that was.</summary>
    /// <exception cref="MigrationException">An applied file was changed, or the database is of a newer build.</exception>
    public async Task<int> MigrateAsync(string connectionString, CancellationToken cancel)
    {
        // No pool, no statement time-out: an index on a large table takes as long as it takes.
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, ApplicationName = "souk migrate", CommandTimeout = 0 };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(cancel);
        await connection.ExecuteAsync("SELECT pg_advisory_lock($1)", [AdvisoryLock], cancel);
        await ExecuteScriptAsync(connection, Ledger, cancel);

        var missing = await CompareAsync(connection, refuseNewer: true, cancel);
        foreach (var migration in missing)
        {
            await ApplyAsync(connection, migration, cancel);
            log.LogInformation("Applied migration {Module}/{Number:0000}_{Name}", migration.Module, migration.Number, migration.Name);
        }
        return missing.Count;
    }

    /// <summary>What <see cref="MigrateAsync"/> would apply; changes nothing. A database of a newer build lacks nothing: its schema still serves this one.</summary>
    /// <exception cref="MigrationException">An applied file was changed.</exception>
    public async Task<IReadOnlyList<Migration>> MissingAsync(string connectionString, CancellationToken cancel)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, ApplicationName = "souk migrate" }.ConnectionString);
        await connection.OpenAsync(cancel);
        return await connection.QueryFirstAsync(LedgerExists, static row => row.GetBoolean(0), [], cancel) ? await CompareAsync(connection, refuseNewer: false, cancel) : All;
    }

    async Task<List<Migration>> CompareAsync(NpgsqlConnection connection, bool refuseNewer, CancellationToken cancel)
    {
        var applied = (await connection.QueryAsync(Applied, static row => (Module: row.GetString(0), Number: row.GetInt32(1), Checksum: row.GetFieldValue<byte[]>(2)), [], cancel))
            .ToDictionary(row => (row.Module, row.Number), row => row.Checksum);
        foreach (var changed in All.Where(m => applied.TryGetValue((m.Module, m.Number), out var sum) && !sum.AsSpan().SequenceEqual(m.Checksum)))
            throw new MigrationException($"{changed.Module}/{changed.Number:0000}_{changed.Name}.sql was changed after it was applied. Restore the file and put the change into a new one.");
        var known = All.Select(m => (m.Module, m.Number)).ToHashSet();
        foreach (var newer in applied.Keys.Where(key => refuseNewer && !known.Contains(key) && All.Any(m => m.Module == key.Module)))
            throw new MigrationException($"The database has migration {newer.Number:0000} of {newer.Module}, which this build does not know. Run the newer build, or restore a backup.");

        return [.. All.Where(m => !applied.ContainsKey((m.Module, m.Number)))];
    }

    async Task ApplyAsync(NpgsqlConnection connection, Migration migration, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                if (migration.OutsideTransaction)
                {
                    await ExecuteScriptAsync(connection, $"SET lock_timeout = '{LockSecondsMax}s'", cancel);
                    foreach (var statement in StatementEnd().Split(migration.Text).Where(s => !string.IsNullOrWhiteSpace(s)))
                        await ExecuteScriptAsync(connection, statement, cancel);
                    await connection.ExecuteAsync(Remember, [migration.Module, migration.Number, migration.Name, migration.Checksum], cancel);
                    return;
                }
                await using var transaction = await connection.BeginTransactionAsync(cancel);
                await ExecuteScriptAsync(connection, $"SET LOCAL lock_timeout = '{LockSecondsMax}s'", cancel);
                await ExecuteScriptAsync(connection, migration.Text, cancel);
                await connection.ExecuteAsync(Remember, [migration.Module, migration.Number, migration.Name, migration.Checksum], cancel);
                await transaction.CommitAsync(cancel);
                return;
            }
            catch (PostgresException locked) when (locked.SqlState == PostgresErrorCodes.LockNotAvailable && attempt < LockTriesMax)
            {
                log.LogInformation("Migration {Module}/{Number:0000} waits for a lock (try {Attempt} of {TriesMax})", migration.Module, migration.Number, attempt, LockTriesMax);
                await Task.Delay(TimeSpan.FromMilliseconds(200), cancel);
            }
            catch (PostgresException failed)
            {
                throw new MigrationException($"{migration.Module}/{migration.Number:0000}_{migration.Name}.sql failed and was rolled back: {failed.MessageText} ({failed.SqlState}).", failed);
            }
        }
    }

    /// <summary>A script may hold several statements and no parameters.</summary>
    static async Task ExecuteScriptAsync(NpgsqlConnection connection, string script, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(script, connection);
        await command.ExecuteNonQueryAsync(cancel);
    }

    static IEnumerable<Migration> Read(string module, Assembly assembly) =>
        from resource in assembly.GetManifestResourceNames()
        let file = FileName().Match(resource)
        where file.Success
        orderby resource
        select new Migration(module, int.Parse(file.Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture), file.Groups[2].Value,
            new StreamReader(assembly.GetManifestResourceStream(resource)!).ReadToEnd());

    [GeneratedRegex(@"\.Migrations\.(\d{4})_(\w+)\.sql$")]
    private static partial Regex FileName();

    [GeneratedRegex(@"(?<=;)\s*\n")]
    private static partial Regex StatementEnd();

    const string Ledger = """
        CREATE SCHEMA IF NOT EXISTS platform;
        CREATE TABLE IF NOT EXISTS platform.migrations (
            module     text        NOT NULL,
            number     int         NOT NULL,
            name       text        NOT NULL,
            checksum   bytea       NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (module, number)
        )
        """;

    const string LedgerExists = "SELECT to_regclass('platform.migrations') IS NOT NULL";

    const string Applied = "SELECT module, number, checksum FROM platform.migrations";

    const string Remember = "INSERT INTO platform.migrations (module, number, name, checksum) VALUES ($1, $2, $3, $4)";
}

/// <summary>The schema cannot be brought to this build; the message says why and what to do.</summary>
public sealed class MigrationException(string message, Exception? inner = null) : Exception(message, inner);
