using System.Diagnostics;
using System.Text.RegularExpressions;
using Souk.Tests.Tidy;

namespace Souk.Tests.Host;

public sealed class DemoTests
{
    /// <summary>The README's walk-through: a fresh shop, seeded by its first start, and a whole purchase over HTTP.</summary>
    [Fact]
    public async Task Walks_the_whole_way_from_registration_to_history_and_again()
    {
        await using var folder = new HostFolder();
        await using var shop = await HostProcess.StartAsync("up", "--port", "auto", "--data", folder.Path);
        Assert.Contains("loaded 119 products", shop.Output, StringComparison.Ordinal);

        for (var visit = 0; visit < 2; visit++)
        {
            var (code, said) = await HostProcess.RunAsync("demo", "--url", shop.Address.ToString());
            Assert.True(code == 0, said);
            Assert.Matches(@"Done: order [0-9A-Z]{4}-[0-9A-Z]{4}, 2 × .+, paid \d+\.\d\d USD in \d+ requests\.", said);
        }
        Assert.Contains("\"status\":\"paid\"", await PurchaseOfTheReadmeAsync(shop.Address), StringComparison.Ordinal);
        Assert.Equal(0, await shop.StopAsync());
    }

    /// <summary>What the README says to type, typed into a shell.</summary>
    static async Task<string> PurchaseOfTheReadmeAsync(Uri shop)
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(Source.Root, "README.md"));
        var block = Regex.Match(readme, "## A purchase.*?```sh\n(.*?)```", RegexOptions.Singleline).Groups[1].Value;
        Assert.StartsWith("url=http://127.0.0.1:8080\n", block, StringComparison.Ordinal);
        var start = new ProcessStartInfo("bash", ["-euc", block.Replace("http://127.0.0.1:8080", shop.ToString().TrimEnd('/'), StringComparison.Ordinal)]) { RedirectStandardOutput = true };
        using var shell = Process.Start(start)!;
        var said = await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();
        Assert.Equal(0, shell.ExitCode);
        return said;
    }

    [Fact]
    public async Task Says_what_is_missing_in_a_shop_without_products()
    {
        await using var folder = new HostFolder();
        await using var shop = await HostProcess.StartAsync("up", "--port", "auto", "--data", folder.Path, "--no-seed");
        var (code, said) = await HostProcess.RunAsync("demo", "--url", shop.Address.ToString());
        Assert.Equal(1, code);
        Assert.Contains("load some: souk import adventureworks", said, StringComparison.Ordinal);
    }
}
