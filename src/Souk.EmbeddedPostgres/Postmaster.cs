using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Souk.EmbeddedPostgres;

/// <summary>The server's first process, as it writes itself down in <c>postmaster.pid</c> of its data folder.</summary>
internal readonly record struct Postmaster(int ProcessId, int Port)
{
    /// <summary>The format is fixed by PostgreSQL (miscadmin.h): process id first, port fourth. Null while it is being written, or absent.</summary>
    public static Postmaster? Read(string dataFolder)
    {
        try
        {
            return Parse(File.ReadAllLines(PidFile(dataFolder)));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    internal static Postmaster? Parse(IReadOnlyList<string> lines) =>
        lines.Count >= 4
        && int.TryParse(lines[0], CultureInfo.InvariantCulture, out var id) && id > 0
        && int.TryParse(lines[3], CultureInfo.InvariantCulture, out var port) ? new(id, port) : null;

    public static string PidFile(string dataFolder) => Path.Combine(dataFolder, "postmaster.pid");

    /// <summary>
    /// Whether the written id is a server of this folder. After a reboot, or in a container, the id may belong to any other program,
    /// or to a dead process that nobody has buried.
    /// </summary>
    public bool IsLivingIn(string dataFolder)
    {
        if (OperatingSystem.IsLinux()) return WorksIn(ProcessId, RealPath(dataFolder));
        try
        {
            using var process = Process.GetProcessById(ProcessId);
            return !process.HasExited && process.ProcessName.StartsWith("postgres", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>
    /// Every process of a server of this folder, the orphaned backends of a killed one among them. Linux only: elsewhere
    /// PostgreSQL's own check of its shared memory must do.
    /// </summary>
    public static IReadOnlyList<int> ProcessesIn(string dataFolder)
    {
        if (!OperatingSystem.IsLinux() || !Directory.Exists(dataFolder)) return [];
        var real = RealPath(dataFolder);
        return [.. Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0 && WorksIn(id, real))];
    }

    public static void Kill(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            process.Kill();
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or Win32Exception)
        {
            // Gone by itself in the meantime, which is what was wanted; one that stays shows up in the next look.
        }
    }

    /// <summary>All of a server's processes work in its data folder, and a dead unburied process works nowhere.</summary>
    static bool WorksIn(int processId, string realFolder)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/comm").StartsWith("postgres", StringComparison.Ordinal)
                && new FileInfo($"/proc/{processId}/cwd").LinkTarget == realFolder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;   // gone, or another account's, which can be no server of ours
        }
    }

    /// <summary>The path without symbolic links, as the kernel tells it.</summary>
    static string RealPath(string path)
    {
        var real = "/";
        foreach (var part in Path.GetFullPath(path).Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            real = Path.Combine(real, part);
            if (new DirectoryInfo(real).ResolveLinkTarget(returnFinalTarget: true) is { } target) real = RealPath(target.FullName);
        }
        return real;
    }
}
