using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Npgsql;

namespace Souk.EmbeddedPostgres;

/// <summary>
/// One data folder and what stands beside it. Everything here but <see cref="PrepareFolders"/> is called by one host at a time,
/// who holds the lock on <see cref="TurnFile"/>.
/// </summary>
internal sealed partial class Cluster
{
    const string Superuser = "postgres";
    const string Owner = "souk";
    const int SecretBytes = 24;

    readonly EmbeddedPostgresOptions options;
    readonly Binaries binaries;
    readonly ServerAccount account;
    readonly string folder;
    readonly string siblings;
    string? ownerPassword;

    public Cluster(EmbeddedPostgresOptions options, Binaries binaries, ServerAccount account)
    {
        if (!DatabaseName().IsMatch(options.Database))
            throw new ArgumentException($"'{options.Database}' is no database name: lower-case letters, digits and underscores, at most 63.", nameof(options));
        (this.options, this.binaries, this.account) = (options, binaries, account);
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(options.DataFolder));
        siblings = folder + ".souk";
    }

    public string TurnFile => Path.Combine(siblings, "turn.lock");
    public string ShareFile => Path.Combine(siblings, "hosts.lock");
    public string LogFolder => Path.Combine(folder, "log");
    string StartLog => Path.Combine(siblings, "start.log");
    string PortFile => Path.Combine(siblings, "port");

    /// <summary>A cluster is moved to its place when it is whole, so a folder with a version is a whole one.</summary>
    public bool Exists => File.Exists(Path.Combine(folder, "PG_VERSION"));

    public string OwnerConnection(int port) => Connection(port, Owner, ownerPassword ??= Secret("owner.password"), options.Database);

    public async Task PrepareFolders(CancellationToken cancel)
    {
        var parent = Path.GetDirectoryName(folder)
            ?? throw new ArgumentException("A data folder cannot be a root folder.");
        try
        {
            ServerAccount.MakePassableFolder(parent);
            if (!await account.Reaches(parent, cancel))
                throw new EmbeddedPostgresException(
                    $"PostgreSQL refuses to run as root and runs as '{account.Name}', who cannot reach {parent}. "
                    + $"Choose a data folder elsewhere, for example below {ServerAccount.HomeFolder}.");
            await account.MakePrivateFolder(siblings, cancel);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FailureAdvice.Exception($"{parent} cannot be written", e.Message, e);
        }
    }

    /// <summary>
    /// Makes the cluster in a folder of its own and moves it into place when it is whole: one that was killed half-way leaves
    /// only that folder, which the next try removes. Its name is new each time, since initdb may outlive the host that was killed
    /// and write on for a second.
    /// </summary>
    public async Task Initialise(IProgress<string>? progress, CancellationToken cancel)
    {
        if (Directory.Exists(folder))
        {
            if (Directory.EnumerateFileSystemEntries(folder).Any())
                throw new EmbeddedPostgresException(
                    $"{folder} is neither empty nor a PostgreSQL cluster: name another data folder, or remove this one if nothing in it matters.");
            Directory.Delete(folder);
        }
        progress?.Report("initialising the database folder (first start only)");

        var passwordFile = Path.Combine(siblings, "superuser.password");
        Secret("superuser.password");
        await account.Give(passwordFile, cancel);   // initdb reads it

        var unfinished = $"{folder}.new-{Guid.NewGuid():n}";
        var (exitCode, said) = await InitDb("C.UTF-8");
        // Only a system without that locale gets here; from 17 on PostgreSQL brings its own and needs the system's for little.
        if (exitCode != 0 && binaries.Major >= 17 && FailureAdvice.IsLocaleMissing(said)) (exitCode, said) = await InitDb("C");
        if (exitCode != 0) throw FailureAdvice.Exception($"The database folder {folder} could not be initialised", said);

        await File.AppendAllTextAsync(Path.Combine(unfinished, "postgresql.conf"),
            $"\n# Written anew at every start; ALTER SYSTEM overrides it.\ninclude_if_exists = '{Settings.FileName}'\n", cancel);
        Directory.Move(unfinished, folder);

        async Task<(int, string)> InitDb(string locale)
        {
            if (Directory.Exists(unfinished)) Directory.Delete(unfinished, recursive: true);
            await account.MakePrivateFolder(unfinished, cancel);
            return await account.Run(binaries.Program("initdb"),
            [
                "--pgdata", unfinished, "--username", Superuser, "--pwfile", passwordFile, "--auth=scram-sha-256",
                "--encoding=UTF8", $"--locale={locale}", "--lc-messages=C", "--data-checksums", "--no-instructions",
                // The same order of text on every system, and one that an upgrade of the system cannot change under an index.
                .. binaries.Major >= 17 ? (string[])["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] : [],
                .. options.Durable ? (string[])[] : ["--no-sync"],
            ], cancel);
        }
    }

    /// <summary>What killed initialisations left behind.</summary>
    public void RemoveUnfinished()
    {
        foreach (var left in Directory.GetDirectories(Path.GetDirectoryName(folder)!, Path.GetFileName(folder) + ".new-*"))
            try
            {
                Directory.Delete(left, recursive: true);
            }
            catch (IOException)
            {
                // Still being written to, and of use to nobody: the next start removes it.
            }
    }

    static string Connection(int port, string user, string password, string database) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = port,
        Username = user,
        Password = password,
        Database = database,
        // Loopback: the password is proved by SCRAM and never sent, and encryption would only cost.
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
    }.ConnectionString;

    string SuperuserConnection(int port)
    {
        if (!File.Exists(Path.Combine(siblings, "superuser.password")))
            throw new EmbeddedPostgresException(
                $"{Path.Combine(siblings, "superuser.password")} is missing, and without it nobody gets into {folder}: put it back from a backup.");
        return Connection(port, Superuser, Secret("superuser.password"), "postgres");
    }

    /// <summary>A random secret, made once and kept readable for this account only.</summary>
    string Secret(string name)
    {
        var file = Path.Combine(siblings, name);
        if (!File.Exists(file))
        {
            // Renamed into place, so that a crash leaves no empty secret behind.
            var unfinished = file + ".new";
            var open = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) open.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using (var stream = new FileStream(unfinished, open))
            {
                stream.Write(System.Text.Encoding.ASCII.GetBytes(RandomNumberGenerator.GetHexString(SecretBytes * 2, lowercase: true)));
                stream.Flush(flushToDisk: true);
            }
            File.Move(unfinished, file, overwrite: true);
        }
        return File.ReadAllText(file);
    }

    /// <summary>The port of last time when it is free, else a random one below the range that systems lend to outgoing connections.</summary>
    int ChoosePort(bool keep)
    {
        if (keep && File.Exists(PortFile) && int.TryParse(File.ReadAllText(PortFile), CultureInfo.InvariantCulture, out var last)
            && IsFree(last)) return last;
        for (var tries = 0; tries < PortTriesMax; tries++)
        {
            var port = RandomNumberGenerator.GetInt32(PortMin, PortMax + 1);
            if (IsFree(port)) return port;
        }
        throw new EmbeddedPostgresException($"No free port was found between {PortMin} and {PortMax} on 127.0.0.1: end what holds them.");
    }

    const int PortMin = 15_432, PortMax = 32_000, PortTriesMax = 100;

    static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    [GeneratedRegex("^[a-z_][a-z0-9_]{0,62}$")]
    private static partial Regex DatabaseName();
}
