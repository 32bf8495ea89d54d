using System.CommandLine;
using System.Runtime.InteropServices;
using Souk.EmbeddedPostgres;

namespace Souk.Host.Commands;

/// <summary>
/// <c>souk doctor</c>: looks at everything a shop stands on and says in a line each whether it is well, and what to do when it is not. Changes
/// nothing; an embedded database that does not run is started for the time of the look.
/// </summary>
internal static class Doctor
{
    const long DiskBytesMin = 200L << 20, DiskBytesLow = 1L << 30;

    static readonly Setting Keys = new("keys", "folder", "Where the keys of personal data lie [default: 'keys' in the data folder]");

    public static Command Command() => CommandLine.Of("doctor", "Say what is wrong with this installation and what to do.",
        [DataFolder.Data, ShopOptions.Database, Keys], RunAsync);

    static async Task<int> RunAsync(Chosen settings, Terminal terminal, CancellationToken cancel)
    {
        var folder = DataFolder.Of(settings);
        var failed = 0;
        Tell(System());
        Tell(Folder(folder.Path));
        var keys = Path.GetFullPath(settings[Keys] ?? folder.Keys);
        Tell(KeysOf(keys, folder.Cluster));
        Tell(await TelemetryChecks.RunAsync(settings, cancel));
        Tell(await MailChecks.RunAsync(settings, cancel));
        foreach (var finding in await DatabaseAsync(settings, folder, keys, terminal, cancel)) Tell(finding);

        terminal.Line(failed == 0 ? terminal.Green("All is well.") : terminal.Red($"{failed} of these will hurt: do what the lines say."));
        return failed == 0 ? CommandLine.Succeeded : CommandLine.Failed;

        void Tell(Finding finding)
        {
            if (finding.Verdict == Verdict.Fail) failed++;
            var word = finding.Verdict switch
            {
                Verdict.Ok => terminal.Green("ok  "),
                Verdict.Warn => terminal.Yellow("warn"),
                _ => terminal.Red("fail"),
            };
            terminal.Line($"{word}  {finding.What,-12}  {finding.Says}");
        }
    }

    static Finding System() => Finding.Ok("system", $"{RuntimeInformation.FrameworkDescription} on {RuntimeInformation.OSDescription}, "
        + $"{Environment.ProcessorCount} processors, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20} MiB memory");

    internal static Finding Folder(string path)
    {
        var existing = path;
        while (!Directory.Exists(existing) && Path.GetDirectoryName(existing) is { } parent) existing = parent;
        var probe = Path.Combine(existing, $".souk-probe-{Guid.NewGuid():n}");
        try
        {
            File.WriteAllText(probe, "");
            File.Delete(probe);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return Finding.Fail("data folder", $"{existing} cannot be written by this account. Choose another (--data), or give it the right.");
        }
        var free = new DriveInfo(existing).AvailableFreeSpace;
        var says = $"{path}{(existing == path ? "" : " (not made yet)")}, {free >> 20} MiB free";
        return free < DiskBytesMin ? Finding.Fail("data folder", $"{says}: too little, PostgreSQL stops when the disk is full. Make room.")
            : free < DiskBytesLow ? Finding.Warn("data folder", $"{says}: it will not last. Make room.")
            : Finding.Ok("data folder", says);
    }

    /// <param name="cluster">The database's files: whoever copies them must not get the keys with them.</param>
    internal static Finding KeysOf(string path, string cluster)
    {
        if ((path + Path.DirectorySeparatorChar).StartsWith(cluster + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            return Finding.Fail("keys", $"{path} lies among the database's files, so that every copy of those carries the keys. Stop the shop and move it out; say where with --keys.");
        if (!Directory.Exists(path)) return Finding.Ok("keys", $"{path} is not made yet; the first start makes it.");
        if (!OperatingSystem.IsWindows())
            foreach (var open in new DirectoryInfo(path).EnumerateFileSystemInfos().Prepend(new DirectoryInfo(path)))
                if ((open.UnixFileMode & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute)) != 0)
                    return Finding.Fail("keys", $"{open.FullName} is open to other accounts. Run: chmod {(open is DirectoryInfo ? "700" : "600")} '{open.FullName}'");
        return Finding.Ok("keys", $"{path}, for this account alone. Keep a copy of them apart from the database.");
    }

    static async Task<IReadOnlyList<Finding>> DatabaseAsync(Chosen settings, DataFolder folder, string keys, Terminal terminal, CancellationToken cancel)
    {
        if (ShopOptions.DatabaseOf(settings) is null && !Directory.Exists(folder.Cluster))
            return [Finding.Warn("database", $"none yet in {folder.Path}. 'souk up' makes it.")];
        try
        {
            await using var database = await ReachableDatabase.OfAsync(settings, terminal, cancel);
            return await DatabaseChecks.RunAsync(database.ConnectionString, keys, cancel);
        }
        catch (Exception away) when (away is NpgsqlException or EmbeddedPostgresException)
        {
            return [Finding.Fail("database", CommandLine.Advice(away))];
        }
    }
}
