using System.Globalization;
using System.Text.Json;
using Souk.Bench;

// The ceiling of reads: bytes of a given size from the same web server, before anything of the shop.
if (args is ["static", var size]) return await StaticServer.RunAsync(int.Parse(size, CultureInfo.InvariantCulture));

var chosen = args.Where((a, i) => !a.StartsWith('-') && (i == 0 || !Values.Contains(args[i - 1]))).ToList();
string[] reads = ["product-page", "product-list", "availability", "signed-request", "sign-in"], orders = ["place-order-spread", "place-order-hot", "place-order-alone", Orders.Worker, .. OrderEngine.Names, "place-order-two-nodes", "purchase", "live-update"];
if (args.Contains("--help") || chosen.Except(["reads", "orders", "ledger", "growth", Orders.Long, .. reads, .. orders, .. Ledger.Names]).Any())
{
    Console.WriteLine($$"""
        Usage: ./souk bench [reads|orders|ledger|growth|SCENARIO…] [--seconds N] [--rounds N] [--json] [--write] [--check]

        Measures this build on this machine: a shop in production settings (traces sampled at 1 % to a collector) over a durable PostgreSQL of its own, load from separate processes
        (wrk, pgbench, and a driver of ours for whole purchases), every figure beside its ceiling in the same run. Quiet the machine first.

        reads, orders and ledger (the default: all of them) are the scenarios {{string.Join(", ", reads.Concat(orders).Concat(Ledger.Names))}}.
        place-order-long places orders for ten minutes, beside half a minute.
        growth generates orders and products in bulk and measures the same requests at each size: {{string.Join(", ", Growth.Names)}}.

          --seconds N     of each run (default 10)
          --rounds N      runs of each scenario, alternating with its ceiling; the median counts (default 3)
          --orders N,N    sizes of growth (default 10000,1000000,10000000)
          --products N,N  sizes of growth (default 10000,1000000)
          --json          one object a line and scenario instead of the table
          --write         also writes docs/benchmarks.md (growth: docs/growth.md)
          --check         fails when a ratio to its ceiling is 20 % or more below the one that is recorded; a scenario has three tries
        """);
    return args.Contains("--help") ? 0 : 1;
}

var settings = new BenchSettings(Number("--seconds", 10), Number("--rounds", 3));
await using var shop = await BenchShop.StartAsync();
var results = new List<Result>();
if (chosen.Contains("growth"))
{
    await foreach (var result in Growth.RunAsync(shop, settings, Sizes("--orders", 10_000, 1_000_000, 10_000_000), Sizes("--products", 10_000, 1_000_000))) results.Add(result);
    Show(Growth.Table);
    if (args.Contains("--write")) await Report.WriteGrowthAsync(results, settings);
    return results.Any(r => r.Errors > 0) ? 1 : 0;
}

var isWorse = false;
foreach (var (group, scenarios) in new[] { ("reads", Reads.Of(shop, settings)), ("orders", Orders.Of(shop, settings)), ("ledger", Ledger.Of(shop, settings)) })
    foreach (var scenario in scenarios.Where(s => chosen.Contains(s.Name) || (s.Name != Orders.Long && (chosen.Count == 0 || chosen.Contains(group)))))
    {
        var result = await scenario.RunAsync();
        if (args.Contains("--check"))
        {
            for (var tries = 1; tries < 3 && Report.IsWorse(result); tries++) result = await scenario.RunAsync();
            if (Report.IsWorse(result)) await Console.Error.WriteLineAsync($"{result.Scenario} is slower than recorded: {Report.Compare(result)}. Find out why; only then record it anew with --write.");
            isWorse |= Report.IsWorse(result);
        }
        results.Add(result);
    }
// What is measured is a shop that is watched.
if (results.Count > 0 && shop.TracesSent == 0) throw new InvalidOperationException("No trace reached the collector.");
Show(Report.Table);
if (args.Contains("--write")) await Report.WriteAsync(results, settings);
return isWorse || results.Any(r => r.Errors > 0) ? 1 : 0;

void Show(Func<IReadOnlyList<Result>, string> table)
{
    if (!args.Contains("--json")) Console.WriteLine(table(results));
    else foreach (var result in results) Console.WriteLine(JsonSerializer.Serialize(result.Shown, JsonSerializerOptions.Web));
}

int Number(string option, int otherwise) => int.TryParse(Value(option), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : otherwise;

IReadOnlyList<int> Sizes(string option, params int[] otherwise) =>
    Value(option) is { } text ? [.. text.Split(',').Select(size => int.Parse(size, CultureInfo.InvariantCulture))] : otherwise;

string? Value(string option) => Array.IndexOf(args, option) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;

internal sealed partial class Program
{
    static readonly string[] Values = ["--seconds", "--rounds", "--orders", "--products"];
}
