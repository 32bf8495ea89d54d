using System.Security.Cryptography;
using System.Text;
using Souk.EmbeddedPostgres;

namespace Souk.Tests;

/// <summary>
/// A folder for clusters of this run, with blanks in its path, that the server's account can reach. Servers outlive a run that is
/// killed or crashes, so the next run of the same clone ends what it finds left behind.
/// </summary>
internal sealed class ThrowAwayFolder : IDisposable
{
    static readonly string OfThisClone =
        $"souk tests {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(AppContext.BaseDirectory)), 0, 4)} ";

    readonly FileStream alive;

    public string Root { get; } = Path.Combine(Path.GetTempPath(), OfThisClone + Guid.NewGuid().ToString("n"));

    public ThrowAwayFolder()
    {
        Directory.CreateDirectory(Root);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        alive = FileLock.Share(RunFile(Root));
    }

    /// <summary>Ends the servers of dead runs and removes their folders. A living run holds a lock on each of its own.</summary>
    public static void RemoveLeftOvers()
    {
        foreach (var root in Directory.EnumerateDirectories(Path.GetTempPath(), OfThisClone + "*"))
        {
            if (!File.Exists(RunFile(root)) || FileLock.IsShared(RunFile(root))) continue;
            foreach (var pidFile in Directory.GetFiles(root, "postmaster.pid", SearchOption.AllDirectories))
                foreach (var process in Postmaster.ProcessesIn(Path.GetDirectoryName(pidFile)!)) Postmaster.Kill(process);
            Remove(root);
        }
    }

    public void Dispose()
    {
        alive.Dispose();
        Remove(Root);
    }

    /// <summary>Processes that were just killed may still write a last file; what stays is removed by the next run.</summary>
    static void Remove(string root)
    {
        try { Directory.Delete(root, recursive: true); }
        catch (IOException) when (Directory.Exists(root)) { File.WriteAllText(RunFile(root), ""); }
    }

    static string RunFile(string root) => Path.Combine(root, "run.lock");
}
