using Souk.Ordering.Inventory;

namespace Souk.Host.Commands;

/// <summary>What the doctor looks at in a database that answers.</summary>
internal static class DatabaseChecks
{
    const int VersionMin = 150_000;
    static readonly TimeSpan ClockDifferenceMax = TimeSpan.FromSeconds(1);

    /// <summary>A job that has been due for longer finds no worker, or too few.</summary>
    static readonly TimeSpan LagMax = TimeSpan.FromMinutes(1);

    public static async Task<IReadOnlyList<Finding>> RunAsync(string connectionString, string keys, CancellationToken cancel)
    {
        await using var db = Database.Connect(connectionString);
        await using var connection = await db.OpenConnectionAsync(cancel);
        var findings = new List<Finding> { await ServerAsync(connection, cancel) };
        findings.AddRange(await DurabilityAsync(connection, cancel));
        findings.Add(await EncodingAsync(connection, cancel));
        findings.Add(await CapacityAsync(connection, cancel));
        findings.Add(await ClockAsync(connection, cancel));
        findings.Add(await MigrationsAsync(connectionString, cancel));
        // Without the schema there is no work to look at.
        if (findings[^1].Verdict != Verdict.Ok) return findings;
        findings.Add(await KeysAsync(connection, keys, cancel));
        findings.Add(await DeadJobsAsync(connection, cancel));
        findings.Add(await WaitingJobsAsync(connection, cancel));
        findings.Add(await UnreadEventsAsync(connection, cancel));
        findings.Add(await ParkedEventsAsync(connection, cancel));
        findings.Add(await StockAsync(connection, cancel));
        return findings;
    }

    static async Task<Finding> ServerAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var (number, version, zone) = await connection.QueryFirstAsync(Server, static row => (row.GetInt32(0), row.GetString(1), row.GetString(2)), [], cancel);
        return number < VersionMin ? Finding.Fail("database", $"PostgreSQL {version} is too old. Upgrade to 15 or newer.")
            : Finding.Ok("database", $"PostgreSQL {version} at {connection.Host}:{connection.Port}; the server's time zone is {zone}, the shop's sessions use UTC");
    }

    static async Task<IEnumerable<Finding>> DurabilityAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var off = await connection.QueryAsync(SwitchedOff, static row => row.GetString(0), [], cancel);
        return off.Count == 0 ? [Finding.Ok("durability", "fsync, synchronous_commit and full_page_writes are on")]
            : off.Select(name => Finding.Fail("durability", $"{name} is off: accepted orders can be lost or files torn in a crash. Run: ALTER SYSTEM SET {name} = on; SELECT pg_reload_conf();"));
    }

    static async Task<Finding> EncodingAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var encoding = await connection.QueryFirstAsync("SHOW server_encoding", static row => row.GetString(0), [], cancel);
        return encoding == "UTF8" ? Finding.Ok("encoding", "UTF8")
            : Finding.Fail("encoding", $"the database is in {encoding}, which lacks letters of names. "
                + "Make a new one: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0, and move the data.");
    }

    /// <summary>What one process of the shop opens at most: requests, batches, work, the bus, a migration, an EXPLAIN.</summary>
    internal const int ConnectionsOfProcess = Database.PoolMax + BatchDatabase.ConnectionsMax + 6 + 3;

    static async Task<Finding> CapacityAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var usable = await connection.QueryFirstAsync(Usable, static row => row.GetInt32(0), [], cancel);
        return usable < ConnectionsOfProcess
            ? Finding.Fail("connections", $"the database gives {usable}, one process of the shop takes up to {ConnectionsOfProcess}. "
                + "Raise max_connections (or the limit of the role or database) and restart PostgreSQL.")
            : Finding.Ok("connections", $"{usable} to be had, enough for {usable / ConnectionsOfProcess} processes of the shop with up to {ConnectionsOfProcess} each");
    }

    static async Task<Finding> KeysAsync(NpgsqlConnection connection, string keys, CancellationToken cancel) =>
        !Directory.Exists(keys) && await connection.QueryFirstAsync(HasPeople, static row => row.GetBoolean(0), [], cancel)
            ? Finding.Fail("people", $"the database has accounts and {keys} does not exist: nobody's data can be read. Put the copy of the keys there, or name their folder with --keys.")
            : Finding.Ok("people", "accounts and keys belong together");

    static async Task<Finding> ClockAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var before = TimeProvider.System.GetUtcNow();
        var theirs = await connection.QueryFirstAsync(Now, static row => row.GetFieldValue<DateTimeOffset>(0), [], cancel);
        var after = TimeProvider.System.GetUtcNow();
        // Their instant lies between ours when the clocks agree; how long the question took is no difference.
        var difference = theirs < before ? before - theirs : theirs > after ? theirs - after : TimeSpan.Zero;
        var says = FormattableString.Invariant($"{difference.TotalSeconds:0.000} s between this machine and the database");
        return difference < ClockDifferenceMax ? Finding.Ok("clock", says) : Finding.Fail("clock", $"{says}. Synchronise both (NTP): holds and expiries go by the clock.");
    }

    static async Task<Finding> MigrationsAsync(string connectionString, CancellationToken cancel)
    {
        try
        {
            return await Shop.MissingMigrationsAsync(connectionString, cancel) is { Count: > 0 } missing
                ? Finding.Fail("schema", $"{missing.Count} migrations are missing, {missing[0].Module}/{missing[0].Number:0000}_{missing[0].Name} first. Run: souk migrate")
                : Finding.Ok("schema", "has every migration of this build");
        }
        catch (MigrationException changed)
        {
            return Finding.Fail("schema", changed.Message);
        }
    }

    static async Task<Finding> DeadJobsAsync(NpgsqlConnection connection, CancellationToken cancel) =>
        await connection.QueryFirstAsync(DeadJobs, static row => (Count: row.GetInt64(0), Type: row.NullableString(1)), [], cancel) is { Count: > 0 } dead
            ? Finding.Warn("dead jobs", $"{dead.Count} jobs failed for good, {dead.Type} most. GET /v1/admin/dead-jobs says why; POST /v1/admin/dead-jobs/<id>/replays tries one again.")
            : Finding.Ok("dead jobs", "none");

    static async Task<Finding> WaitingJobsAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var waits = TimeSpan.FromSeconds(await connection.QueryFirstAsync(OldestDueJob, static row => row.GetDouble(0), [], cancel));
        return waits > LagMax ? Finding.Warn("jobs", $"the oldest due job has waited {waits.TotalMinutes:0} minutes. Run a process with the role 'worker'.")
            : Finding.Ok("jobs", "none waits for a worker");
    }

    static async Task<Finding> UnreadEventsAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var (waits, subscriber) = await connection.QueryFirstAsync(OldestUnreadEvent, static row => (TimeSpan.FromSeconds(row.GetDouble(0)), row.GetString(1)), [], cancel);
        return waits > LagMax
            ? Finding.Warn("events", $"{subscriber} has not read an event of {waits.TotalMinutes:0} minutes ago. Run a process with the role 'worker' and its module, "
                + "and look for a transaction that stays open.")
            : Finding.Ok("events", "every subscriber is up to date");
    }

    static async Task<Finding> ParkedEventsAsync(NpgsqlConnection connection, CancellationToken cancel) =>
        await connection.QueryFirstAsync(ParkedEvents, static row => (Count: row.GetInt64(0), Dead: row.GetInt64(1)), [], cancel) is { Count: > 0 } parked
            ? Finding.Warn("parked", $"{parked.Count} events wait behind one that failed; {parked.Dead} of those failed for good and are among the dead jobs. "
                + "Replay them once the reason is gone.")
            : Finding.Ok("parked", "no event waits behind one that failed");

    static async Task<Finding> StockAsync(NpgsqlConnection connection, CancellationToken cancel) =>
        await StockBooks.RunAsync(connection, cancel) is { WrongTotal: > 0 } books
            ? Finding.Fail("stock", $"the books of {books.WrongTotal} of {books.Variants} variants do not sum, {books.Wrong[0].VariantId} first: "
                + "levels, movements and orders say otherwise than the counters. GET /v1/admin/stock-books lists them. Somebody wrote to the database by hand, or a disk lied.")
            : Finding.Ok("stock", "counters are the sum of levels, movements, open orders and holds");

    const string Server = "SELECT current_setting('server_version_num')::int, current_setting('server_version'), (SELECT reset_val FROM pg_settings WHERE name = 'log_timezone')";

    const string SwitchedOff = """
        SELECT name FROM pg_settings
        WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes') AND setting = 'off'
        ORDER BY name
        """;

    const string Usable = """
        SELECT least(
            current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
            (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = current_user),
            (SELECT nullif(datconnlimit, -1) FROM pg_database WHERE datname = current_database()))
        """;

    const string HasPeople = "SELECT EXISTS (SELECT FROM identity.accounts)";

    const string Now = "SELECT clock_timestamp()";

    const string DeadJobs = """
        SELECT sum(jobs)::bigint, (array_agg(type ORDER BY jobs DESC))[1]
        FROM (SELECT type, count(*) AS jobs FROM platform.dead_jobs GROUP BY type) AS by_type
        HAVING sum(jobs) > 0
        """;

    const string OldestUnreadEvent = """
        SELECT extract(epoch FROM clock_timestamp() - e.occurred_at)::float8, s.name
        FROM platform.subscribers s CROSS JOIN LATERAL (
            SELECT o.occurred_at FROM platform.outbox o WHERE (o.xid, o.id) > (s.xid, s.id) ORDER BY o.xid, o.id LIMIT 1
        ) AS e
        UNION ALL SELECT 0, ''
        ORDER BY 1 DESC LIMIT 1
        """;

    const string ParkedEvents = """
        SELECT count(*), (SELECT count(*) FROM platform.dead_jobs WHERE type LIKE '%/parked-events')
        FROM platform.parked_events WHERE occurred_at < clock_timestamp() - interval '1 minute'
        """;

    const string OldestDueJob = """
        -- The doctor measures by the database's clock alone: it has just compared it with ours.
        SELECT coalesce(extract(epoch FROM clock_timestamp() - min(due_at))::float8, 0)
        FROM platform.jobs
        WHERE due_at < clock_timestamp() AND (leased_until IS NULL OR leased_until < clock_timestamp())
        """;
}
