using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Souk.Bench;

internal static class Report
{
    public static string Table(IReadOnlyList<Result> results)
    {
        var text = new StringBuilder("| scenario | /s | p50 ms | p95 ms | p99 ms | errors | ceiling/s | ratio | CPU µs host / database | ceiling is |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
        foreach (var r in results)
            text.AppendLine(CultureInfo.InvariantCulture, $"| {r.Scenario} | {r.Load.PerSecond:#,0.#} | {r.Load.P50Ms} | {r.Load.P95Ms} | {r.Load.P99Ms} | {r.Errors} | {(r.Ceiling is { } c ? c.ToString("#,0", CultureInfo.InvariantCulture) : "")} | {(r.Ratio is { } ratio ? ratio.ToString("0.00", CultureInfo.InvariantCulture) : "")} | {r.HostMicros:0} / {r.DatabaseMicros:0} | {r.CeilingIs} |");
        return text.ToString();
    }

    public static Task WriteAsync(IReadOnlyList<Result> results, BenchSettings settings) => File.WriteAllTextAsync(Path.Combine(Root(), "docs", "benchmarks.md"), $"""
        # Benchmarks

        Written by `./souk bench --write`; run it on your own machine before you believe it. Trust the ratios, which compare within one run: absolute numbers drift
        with the machine. Medians of {settings.Rounds} runs of {settings.Seconds} s, each beside its ceiling, 64 connections (sign-in 8, purchase 32 shoppers).

        {Machine()}; load generator, host and PostgreSQL (`fsync` and `synchronous_commit` on) share it. {DateTime.UtcNow:yyyy-MM-dd}.

        {Table(results)}
        - **place-order** is by two lines, signed in, with relay, jobs and expiry running; afterwards units reserved equal units ordered, and there were no deadlocks, or the run fails.
        - **purchase** is cart, two lines, address, shipping, order and payment: seven requests.

        """);

    static string Machine()
    {
        var processor = File.Exists("/proc/cpuinfo") ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() : null;
        return FormattableString.Invariant($"{Environment.ProcessorCount} cores ({processor ?? "unknown"}), {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GiB, {System.Runtime.InteropServices.RuntimeInformation.OSDescription}, .NET {Environment.Version}");
    }

    static string Root([CallerFilePath] string path = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "../.."));
}
