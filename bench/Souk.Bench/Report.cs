using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

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

    /// <summary>A ratio this much of the recorded one or less has become worse.</summary>
    const double WorseAt = 0.8;

    static readonly string RecordFile = Path.Combine(Root(), "docs", "benchmarks.json");

    /// <summary>The lowest ratio of a round by scenario, as it was last recorded.</summary>
    static readonly Dictionary<string, double> Recorded =
        File.Exists(RecordFile) ? JsonSerializer.Deserialize<Dictionary<string, double>>(File.ReadAllText(RecordFile))! : [];

    public static bool IsWorse(Result result) => result.Ratio is { } ratio && Recorded.TryGetValue(result.Scenario, out var recorded) && ratio <= recorded * WorseAt;

    public static string Compare(Result result) => FormattableString.Invariant($"{result.Ratio:0.00} of its ceiling, where {Recorded.GetValueOrDefault(result.Scenario):0.00} is recorded");

    public static async Task WriteAsync(IReadOnlyList<Result> results, BenchSettings settings)
    {
        foreach (var result in results)
            if (result.LowestRatio is { } ratio) Recorded[result.Scenario] = Math.Round(ratio, 2);
        await File.WriteAllTextAsync(RecordFile, JsonSerializer.Serialize(Recorded.OrderBy(r => r.Key, StringComparer.Ordinal).ToDictionary(), Indented) + "\n");
        await File.WriteAllTextAsync(Path.Combine(Root(), "docs", "benchmarks.md"), $"""
        # Benchmarks

        Written by `./souk bench --write`; run it on your own machine before you believe it. Trust the ratios, which compare within one run: absolute numbers drift
        with the machine. Medians of {settings.Rounds} runs of {settings.Seconds} s, each beside its ceiling, 64 connections (sign-in 8, purchase 32 shoppers).

        {Machine()}; load generator, host and PostgreSQL (`fsync` and `synchronous_commit` on) share it. Traces are sampled at 1 % and sent to a collector, with metrics and logs. {DateTime.UtcNow:yyyy-MM-dd}.

        {Table(results)}
        - **availability** reads the database for every answer; its ceiling takes the time of the query in pgbench and the time of a request without a database together. Above 1: requests that come together share a statement, pgbench's do not.
        - **place-order** is by two lines, signed in, with relay, inbox, jobs and expiry running; afterwards units reserved equal units ordered, there were no deadlocks and every event was told, or the run fails. Above 1: orders that come together share
          a transaction; pgbench places one at a time, with the same rows.
        - **place-order-alone** is one client, beside one of pgbench, which has no HTTP, sign-in or prices; **place-order-two-nodes** two nodes on the same cores, 32 connections each, beside one of them with 64 (more nodes buy availability here, not
          speed). `./souk bench place-order-long` places orders for ten minutes beside the first half minute.
        - **place-order-worker** is one node that also relays, fills inboxes, runs jobs and expires, beside the same without that (`--roles web`): what the work behind an order costs.
        - **order-engine-alone** is one order after the other through the engine that writes orders, beside the same call without it: what being written together costs who is alone. **-spread** and **-hot** are 64 at once, beside the same
          orders with a transaction each: what it gains, like for like, without HTTP and prices on either side, and with relay and inbox behind both.
        - **ledger** is transfers by its engine, in the process that measures, 1,024 at once; its ceiling is the same engine with a transaction for each, so above 1 is what writing together gains. Afterwards every account was the sum of its transfers.
        - **purchase** is cart, two lines, address, shipping, order and payment from the wallet: seven requests on a connection of each shopper, in a shop whose code has been warm for 20 s; nothing of it has a ceiling of its own.
        - **live-update** is how long after the answer to `POST /v1/orders` the order's event arrives at a follower of `GET /v1/events`, at 100 orders/s; one that never comes is an error.
        - `./souk bench --check` compares with benchmarks.json, the lowest ratio of a round, and runs, shortened, with every change. `./souk bench growth` measures what requests cost in a shop with millions of orders.

        """);
    }

    public static Task WriteGrowthAsync(IReadOnlyList<Result> results, BenchSettings settings) => File.WriteAllTextAsync(Path.Combine(Root(), "docs", "growth.md"), $"""
        # What growth costs

        Written by `./souk bench growth --write`: orders and products are generated in bulk, and the same requests measured at each size, 16 connections, medians of {settings.Rounds} runs of {settings.Seconds} s.
        A request that reads through an index costs about the same at any size.

        {Machine()}; load generator, host and PostgreSQL share it. {DateTime.UtcNow:yyyy-MM-dd}.

        {Growth.Table(results)}
        - **own-orders** is the first page of an account with 200 orders, **own-orders-deep** its sixth; the other orders belong to others.
        - **list-products** sorts by price from a random price on, **search-products** looks for one of 10,000 words: hardly any page comes twice, so these are reads of the database and not of the cache.

        """);

    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    static string Machine()
    {
        var processor = File.Exists("/proc/cpuinfo") ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() : null;
        return FormattableString.Invariant($"{Environment.ProcessorCount} cores ({processor ?? "unknown"}), {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GiB, {System.Runtime.InteropServices.RuntimeInformation.OSDescription}, .NET {Environment.Version}");
    }

    static string Root([CallerFilePath] string path = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "../.."));
}
