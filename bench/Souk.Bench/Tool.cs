using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Souk.Bench;

/// <summary>The load generators: programs of their own, from the distribution's packages.</summary>
internal static class Tool
{
    /// <summary>Drives an address with 64 connections; a Lua script makes the requests.</summary>
    public static async Task<Load> WrkAsync(string url, int seconds, string? script = null, int connections = 64)
    {
        string? file = null;
        if (script is not null)
        {
            file = Path.Combine(Path.GetTempPath(), $"souk-bench-{Guid.NewGuid():n}.lua");
            await File.WriteAllTextAsync(file, script);
        }
        try
        {
            var said = await RunAsync(Find("wrk", "/usr/bin/wrk"), ["-t1", $"-c{connections}", $"-d{seconds}s", "--timeout", "10s", "--latency", .. file is null ? Array.Empty<string>() : ["-s", file], url]);
            var errors = Number(said, @"Non-2xx or 3xx responses: (\d+)")
                + Number(said, @"connect (\d+)") + Number(said, @"read (\d+)") + Number(said, @"write (\d+)") + Number(said, @"timeout (\d+)");
            // wrk tells 50, 75, 90 and 99 percent; 95 lies between the last two.
            var (p90, p99) = (Milliseconds(said, "90%"), Milliseconds(said, "99%"));
            return new(Number(said, @"Requests/sec:\s+([\d.]+)"), Milliseconds(said, "50%"), Math.Round(p90 + ((p99 - p90) * 5 / 9), 2), p99, (long)errors);
        }
        finally
        {
            if (file is not null) File.Delete(file);
        }
    }

    /// <summary>The same at its best number of clients.</summary>
    public static async Task<double> BestPgBenchAsync(string connectionString, string script, int seconds)
    {
        var best = 0.0;
        foreach (var clients in (int[])[4, 8, 16]) best = Math.Max(best, await PgBenchAsync(connectionString, script, clients, Math.Max(2, seconds / 2)));
        return best;
    }

    /// <summary>Transactions a second of a script over prepared statements.</summary>
    public static async Task<double> PgBenchAsync(string connectionString, string script, int clients, int seconds)
    {
        var file = Path.Combine(Path.GetTempPath(), $"souk-bench-{Guid.NewGuid():n}.sql");
        await File.WriteAllTextAsync(file, script);
        try
        {
            var to = new NpgsqlConnectionStringBuilder(connectionString);
            var said = await RunAsync(Find("pgbench", "/usr/lib/postgresql/15/bin/pgbench"),
                ["-n", "-M", "prepared", "-c", $"{clients}", "-j", "1", "-T", $"{seconds}", "-f", file, "-h", to.Host!, "-p", $"{to.Port}", "-U", to.Username!, to.Database!],
                ("PGPASSWORD", to.Password!));
            return Number(said, @"tps = ([\d.]+)");
        }
        finally
        {
            File.Delete(file);
        }
    }

    public static string Find(string name, string usual) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, name)).Append(usual).FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException($"{name} is needed to make the load. On Debian: apt-get install wrk postgresql-15");

    static async Task<string> RunAsync(string program, string[] arguments, params (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in variables) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var (said, complained) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? await said : throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {await said}{await complained}");
    }

    static double Number(string text, [StringSyntax("Regex")] string pattern) =>
        Regex.Match(text, pattern) is { Success: true } match ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0;

    static double Milliseconds(string said, string percentile)
    {
        var match = Regex.Match(said, $@"^\s+{percentile}\s+([\d.]+)(us|ms|s|m)", RegexOptions.Multiline);
        if (!match.Success) return 0;
        var value = double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
        return Math.Round(match.Groups[2].Value switch { "us" => value / 1_000, "ms" => value, "s" => value * 1_000, _ => value * 60_000 }, 2);
    }
}
