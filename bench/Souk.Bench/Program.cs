using System.Globalization;
using System.Text.Json;
using Souk.Bench;

// The ceiling of reads: bytes of a given size from the same web server, before anything of the shop.
if (args is ["static", var size]) return await StaticServer.RunAsync(int.Parse(size, CultureInfo.InvariantCulture));

var chosen = args.Where(a => !a.StartsWith('-') && !char.IsAsciiDigit(a[0])).ToList();
string[] reads = ["product-page", "product-list", "availability", "signed-request", "sign-in"], orders = ["place-order-spread", "place-order-hot", "purchase"];
if (args.Contains("--help") || chosen.Except(["reads", "orders", .. reads, .. orders]).Any())
{
    Console.WriteLine($$"""
        Usage: ./souk bench [reads|orders|SCENARIO…] [--seconds N] [--rounds N] [--json] [--write]

        Measures this build on this machine: a shop in production settings over a durable PostgreSQL of its own, load from separate processes
        (wrk, pgbench, and a driver of ours for whole purchases), every figure beside its ceiling in the same run. Quiet the machine first.

        Scenarios: {{string.Join(", ", reads.Concat(orders))}}

          --seconds N   of each run (default 10)
          --rounds N    runs of each scenario, alternating with its ceiling; the median counts (default 3)
          --json        one object a line and scenario instead of the table
          --write       also writes docs/benchmarks.md
        """);
    return args.Contains("--help") ? 0 : 1;
}

var settings = new BenchSettings(Number("--seconds", 10), Number("--rounds", 3));
await using var shop = await BenchShop.StartAsync();
var results = new List<Result>();
foreach (var (group, scenarios) in new[] { ("reads", Reads.Of(shop, settings)), ("orders", Orders.Of(shop, settings)) })
    foreach (var scenario in scenarios)
        if (chosen.Count == 0 || chosen.Contains(group) || chosen.Contains(scenario.Name)) results.Add(await scenario.RunAsync());

if (args.Contains("--json"))
    foreach (var result in results) Console.WriteLine(JsonSerializer.Serialize(result.Shown, JsonSerializerOptions.Web));
else Console.WriteLine(Report.Table(results));
if (args.Contains("--write")) await Report.WriteAsync(results, settings);
return results.Any(r => r.Errors > 0) ? 1 : 0;

int Number(string option, int otherwise) =>
    Array.IndexOf(args, option) is >= 0 and var at && at + 1 < args.Length && int.TryParse(args[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
        ? number : otherwise;
