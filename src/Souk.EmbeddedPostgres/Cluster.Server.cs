using Npgsql;

namespace Souk.EmbeddedPostgres;

/// <summary>Starting, adopting and stopping the cluster's server.</summary>
internal sealed partial class Cluster
{
    const int StartTriesMax = 5;
    const int RecoverySecondsMax = 600;
    const int StopSecondsMax = 60;
    static readonly TimeSpan OrphansWaitMax = TimeSpan.FromSeconds(5);
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>A server that answers queries; adopted when it was living before.</summary>
    public async Task<(Postmaster Postmaster, bool Adopted)> StartOrAdopt(IProgress<string>? progress, CancellationToken cancel)
    {
        RefuseOtherVersion();
        if (Living() is { } living && await Answers(living, progress, cancel)) return (living, Adopted: true);

        if (!await BuryPrevious(progress, cancel)) return await StartOrAdopt(progress, cancel);
        progress?.Report("starting PostgreSQL");
        for (var tries = 1; ; tries++)
        {
            var port = ChoosePort(keep: tries == 1);
            WriteSettings(port);
            var said = await PgCtlStart(cancel);
            if (Living() is { } started && await Answers(started, progress, cancel))
            {
                await File.WriteAllTextAsync(PortFile, $"{started.Port}", cancel);
                // Its own doing, or that of a host that died between starting it and letting us in: either way it is this folder's.
                return (started, Adopted: false);
            }
            if (tries == StartTriesMax || !(FailureAdvice.IsPortTaken(said) || FailureAdvice.IsStillInUse(said)))
                throw FailureAdvice.Exception($"PostgreSQL did not start in {folder} (its log: {LogFolder}, {StartLog})", said);
            if (FailureAdvice.IsStillInUse(said)) await Task.Delay(TimeSpan.FromSeconds(tries), cancel);
        }
    }

    public async Task Stop(StopMode mode, CancellationToken cancel)
    {
        if (Living() is null) return;
        var (exitCode, said) = await account.Run(binaries.Program("pg_ctl"),
            ["stop", "--pgdata", folder, "--mode", mode == StopMode.Fast ? "fast" : "immediate", "--wait", "--timeout", $"{StopSecondsMax}", "--silent"],
            cancel);
        if (exitCode != 0 && Living() is { } stubborn)
            throw FailureAdvice.Exception(
                $"PostgreSQL (process {stubborn.ProcessId}) did not stop within {StopSecondsMax} s; it goes on stopping by itself (its log: {LogFolder})", said);
    }

    Postmaster? Living() => Postmaster.Read(folder) is { } written && written.IsLivingIn(folder) ? written : null;

    /// <summary>
    /// Waits until the server answers the owner, making him and the database when they are missing. False when it ended meanwhile:
    /// it was already stopping.
    /// </summary>
    async Task<bool> Answers(Postmaster server, IProgress<string>? progress, CancellationToken cancel)
    {
        var begin = TimeProvider.System.GetTimestamp();
        for (var (told, made) = (false, false); ;)
        {
            try
            {
                await Ask(OwnerConnection(server.Port), cancel);
                return true;
            }
            catch (PostgresException refused) when (!made && refused.SqlState is
                PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification or PostgresErrorCodes.InvalidCatalogName)
            {
                await MakeOwnerAndDatabase(server.Port, cancel);
                made = true;
                continue;
            }
            catch (NpgsqlException e) when (IsNotYet(e))
            {
                if (Living() != server) return false;
                if (!told) progress?.Report("waiting for PostgreSQL, which is starting, recovering or stopping");
                told = true;
                if (TimeProvider.System.GetElapsedTime(begin).TotalSeconds > RecoverySecondsMax)
                    throw FailureAdvice.Exception(
                        $"PostgreSQL (process {server.ProcessId}) has not answered on port {server.Port} for {RecoverySecondsMax} s (its log: {LogFolder})",
                        e.Message, e);
            }
            catch (NpgsqlException e)
            {
                throw FailureAdvice.Exception(
                    $"PostgreSQL (process {server.ProcessId}, port {server.Port}) refuses to talk (its log: {LogFolder})", e.Message, e);
            }
            await Task.Delay(Pause, cancel);
        }
    }

    static async Task Ask(string connectionString, CancellationToken cancel)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false;Timeout=10;Command Timeout=10");
        await connection.OpenAsync(cancel);
        await using var question = new NpgsqlCommand("SELECT 1", connection);
        await question.ExecuteScalarAsync(cancel);
    }

    /// <summary>No listener yet, or a server that says it is starting up or shutting down; too many clients also pass by.</summary>
    static bool IsNotYet(NpgsqlException e) => e is not PostgresException refused
        || refused.SqlState is PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.AdminShutdown
            or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.TooManyConnections;

    async Task MakeOwnerAndDatabase(int port, CancellationToken cancel)
    {
        try
        {
            await using var connection = new NpgsqlConnection(SuperuserConnection(port) + ";Pooling=false");
            await connection.OpenAsync(cancel);
            List<string> statements = [];
            await using (var missing = new NpgsqlCommand(WhatIsMissing, connection)
            {
                Parameters = { new() { Value = Owner }, new() { Value = Secret("owner.password") }, new() { Value = options.Database } },
            })
            await using (var rows = await missing.ExecuteReaderAsync(cancel))
                while (await rows.ReadAsync(cancel)) statements.Add(rows.GetString(0));

            // One of them holds a password: whatever goes wrong, none is written to the log.
            foreach (var statement in statements.Prepend("SET log_min_error_statement = 'panic'").Prepend("SET log_min_duration_statement = -1"))
            {
                await using var command = new NpgsqlCommand(statement, connection);
                await command.ExecuteNonQueryAsync(cancel);
            }
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.InvalidPassword)
        {
            throw new EmbeddedPostgresException(
                $"The passwords beside the cluster ({siblings}) are not this cluster's: put back those that belong to {folder}.", e);
        }
    }

    /// <summary>
    /// Clears the way after a killed server. Its backends notice and leave by themselves, busy ones only at the end of their statement:
    /// after a while they are killed, which costs nothing committed, since recovery follows anyway. A pid file whose number another
    /// program bears by now would keep PostgreSQL from starting: it is removed, once no process of the old server is left. False when one turns out to be a server that is just coming up.
    /// </summary>
    async Task<bool> BuryPrevious(IProgress<string>? progress, CancellationToken cancel)
    {
        if (!File.Exists(Postmaster.PidFile(folder))) return true;
        progress?.Report("recovering: the previous server was killed");
        var begin = TimeProvider.System.GetTimestamp();
        while (Postmaster.ProcessesIn(folder) is { Count: > 0 } orphans)
        {
            if (Living() is not null) return false;
            var waited = TimeProvider.System.GetElapsedTime(begin);
            if (waited > OrphansWaitMax)
                foreach (var orphan in orphans) Postmaster.Kill(orphan);
            if (waited > 2 * OrphansWaitMax)
                throw new EmbeddedPostgresException(
                    $"Processes of the previous server of {folder} do not end: {string.Join(", ", orphans)}. End them (kill -9), then start again.");
            await Task.Delay(Pause, cancel);
        }
        if (OperatingSystem.IsLinux()) File.Delete(Postmaster.PidFile(folder));
        return true;
    }

    async Task<string> PgCtlStart(CancellationToken cancel)
    {
        var before = LogLengths();
        File.Delete(StartLog);
        // On Windows the server would inherit our ends of the pipes and keep them open for ever.
        var (_, said) = await account.Run(binaries.Program("pg_ctl"),
            ["start", "--pgdata", folder, "--wait", "--timeout", $"{RecoverySecondsMax}", "--silent", "--log", StartLog],
            cancel, whole: false, keepOutput: !OperatingSystem.IsWindows());
        var logs = LogLengths().Select(now => ReadFrom(now.Key, before.GetValueOrDefault(now.Key) is var length && length <= now.Value ? length : 0));
        return string.Join('\n', [said, File.Exists(StartLog) ? ReadFrom(StartLog, 0) : "", .. logs]);
    }

    Dictionary<string, long> LogLengths() => !Directory.Exists(LogFolder) ? []
        : Directory.EnumerateFiles(LogFolder, "*.log").ToDictionary(file => file, file => new FileInfo(file).Length);

    static string ReadFrom(string file, long offset)
    {
        // The server writes on while it is read.
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        stream.Seek(offset, SeekOrigin.Begin);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    void WriteSettings(int port)
    {
        var file = Path.Combine(folder, Settings.FileName);
        try
        {
            File.WriteAllText(file + ".new", Settings.Text(options, port));
            File.Move(file + ".new", file, overwrite: true);
        }
        catch (IOException e)
        {
            throw FailureAdvice.Exception($"{file} cannot be written", e.Message, e);
        }
    }

    void RefuseOtherVersion()
    {
        var made = File.ReadAllText(Path.Combine(folder, "PG_VERSION")).Trim();
        if (made != $"{binaries.Major}")
            throw new EmbeddedPostgresException(
                $"{folder} was made by PostgreSQL {made}, and these programs ({binaries.Folder}) are version {binaries.Major}: "
                + $"use PostgreSQL {made} ({Binaries.FolderVariable}), or another data folder.");
    }

    /// <summary>The statements still needed to let the owner ($1, password $2) into the database $3. Utility statements take no parameters.</summary>
    const string WhatIsMissing = """
        SELECT statement
        FROM (
            SELECT 1, format('CREATE ROLE %I LOGIN CREATEDB', $1::text) WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)
            UNION ALL
            SELECT 2, format('ALTER ROLE %I PASSWORD %L', $1, $2::text)
            UNION ALL
            -- Sees settings, statistics and other sessions, changes none of them.
            SELECT 3, format('GRANT pg_monitor TO %I', $1)
            UNION ALL
            SELECT 4, format('CREATE DATABASE %I OWNER %I', $3::text, $1) WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = $3)
        ) AS steps (step, statement)
        ORDER BY step
        """;
}
