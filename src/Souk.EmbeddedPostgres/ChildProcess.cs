using System.Diagnostics;

namespace Souk.EmbeddedPostgres;

/// <summary>A program run to its end, in a plain environment: no locale, time zone or PG* variable of the caller reaches it.</summary>
internal static class ChildProcess
{
    /// <summary>What it said (both streams) and how it ended. A cancelled run is killed, with its children when <paramref name="whole"/>.</summary>
    public static async Task<(int ExitCode, string Output)> Run(
        string program, IEnumerable<string> arguments, CancellationToken cancel, bool whole = true, bool keepOutput = true)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = keepOutput,
            RedirectStandardError = keepOutput,
            CreateNoWindow = true,
            // The caller's current folder may be closed to the account the program runs under.
            WorkingDirectory = Path.GetPathRoot(Path.GetFullPath("/")),
        };
        foreach (var name in start.Environment.Keys.Where(IsCallersTaste).ToArray()) start.Environment.Remove(name);
        start.Environment["LC_ALL"] = "C";
        start.Environment["TZ"] = "UTC";

        using var process = Process.Start(start)
            ?? throw new EmbeddedPostgresException($"{program} did not start.");
        process.StandardInput.Close();
        try
        {
            var said = keepOutput
                ? await Task.WhenAll(process.StandardOutput.ReadToEndAsync(cancel), process.StandardError.ReadToEndAsync(cancel))
                : [];
            await process.WaitForExitAsync(cancel);
            return (process.ExitCode, string.Concat(said).Trim());
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: whole);
            await process.WaitForExitAsync(CancellationToken.None);
            throw;
        }
    }

    static bool IsCallersTaste(string variable) =>
        variable.StartsWith("PG", StringComparison.Ordinal) || variable.StartsWith("LC_", StringComparison.Ordinal)
        || variable is "LANG" or "LANGUAGE" or "TZ";
}
