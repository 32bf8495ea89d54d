namespace Souk.EmbeddedPostgres;

/// <summary>
/// The account that PostgreSQL's programs run under. They refuse to run as root, so a host that runs as root on Linux lends them
/// the system account <c>souk</c>; anyone else runs them as himself.
/// </summary>
/// <param name="Name">Null: the account of this process.</param>
internal sealed record ServerAccount(string? Name)
{
    public const string HomeFolder = "/var/lib/souk";
    const string AccountName = "souk";

    public static bool ThisProcessIsRoot => OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess;

    /// <summary>Makes the account <c>souk</c> when it is needed and missing.</summary>
    public static async Task<ServerAccount> ForThisProcess(CancellationToken cancel)
    {
        if (!ThisProcessIsRoot) return new((string?)null);
        if (!await Exists(cancel))
        {
            // Two hosts may try at once: what counts is that the account is there afterwards.
            var (_, said) = await ChildProcess.Run("/usr/sbin/useradd", ["--system", "--user-group", "--no-create-home",
                "--home-dir", HomeFolder, "--shell", "/usr/sbin/nologin", AccountName], cancel);
            if (!await Exists(cancel))
                throw new EmbeddedPostgresException(
                    $"PostgreSQL refuses to run as root, and the system account '{AccountName}' could not be made ({said}). "
                    + $"Make it (useradd --system --user-group {AccountName}) or run as an ordinary user.");
        }
        return new(AccountName);
    }

    public Task<(int ExitCode, string Output)> Run(
        string program, IEnumerable<string> arguments, CancellationToken cancel, bool whole = true, bool keepOutput = true) =>
        Name is null
            ? ChildProcess.Run(program, arguments, cancel, whole, keepOutput)
            : ChildProcess.Run("setpriv",
                [$"--reuid={Name}", $"--regid={Name}", "--clear-groups", "--", program, .. arguments], cancel, whole, keepOutput);

    /// <summary>Whether the account may pass through the folder.</summary>
    public async Task<bool> Reaches(string folder, CancellationToken cancel) =>
        Name is null || (await Run("test", ["-x", folder], cancel)).ExitCode == 0;

    /// <summary>Makes a folder and those above it when missing; the new ones let the account pass, whatever the umask.</summary>
    public static void MakePassableFolder(string folder)
    {
        if (Directory.Exists(folder)) return;
        if (Path.GetDirectoryName(folder) is { } parent) MakePassableFolder(parent);
        Directory.CreateDirectory(folder);
        if (ThisProcessIsRoot && !OperatingSystem.IsWindows())
            File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
    }

    /// <summary>Makes the folder when missing, closed to everyone but the account.</summary>
    public async Task MakePrivateFolder(string folder, CancellationToken cancel)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await Give(folder, cancel);
    }

    /// <summary>Hands a file or folder that this process made to the account.</summary>
    public async Task Give(string path, CancellationToken cancel)
    {
        if (Name is null) return;
        var (exitCode, said) = await ChildProcess.Run("chown", ["--no-dereference", $"{Name}:{Name}", path], cancel);
        if (exitCode != 0) throw new EmbeddedPostgresException($"'{path}' could not be given to the account '{Name}': {said}");
    }

    static async Task<bool> Exists(CancellationToken cancel) =>
        (await ChildProcess.Run("id", ["-u", AccountName], cancel)).ExitCode == 0;
}
