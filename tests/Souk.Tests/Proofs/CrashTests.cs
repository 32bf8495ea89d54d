using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Souk.Tests.Proofs;

/// <summary>
/// A thousand checkouts over the public API of a shop that dies in the middle of them, twice. Whatever was answered 201 is there exactly once, whoever
/// got no answer learns the truth by asking again with the same key, and stock and orders add up.
/// </summary>
public sealed class CrashTests
{
    const int Checkouts = 1_000, Shoppers = 16;

    [Fact]
    public async Task Kill_minus_nine_of_the_shop_loses_and_doubles_nothing()
    {
        await using var folder = new HostFolder();
        var shop = await HostProcess.StartAsync("up", "--port", "auto", "--data", folder.Path);
        try
        {
            await ProveAsync(() => shop.Address, async () =>
            {
                await shop.KillAsync();
                await shop.DisposeAsync();
                shop = await HostProcess.StartAsync("up", "--port", "auto", "--data", folder.Path);
            });
            Assert.Equal(0, await shop.StopAsync());
        }
        finally
        {
            await shop.DisposeAsync();
        }
    }

    [Fact]
    public async Task An_immediate_shutdown_of_PostgreSQL_loses_and_doubles_nothing()
    {
        await using var folder = new HostFolder();
        await using var shop = await HostProcess.StartAsync("up", "--port", "auto", "--data", folder.Path);
        await ProveAsync(() => shop.Address, async () =>
        {
            var postmaster = (await File.ReadAllLinesAsync(Path.Combine(folder.Path, "pg18", "postmaster.pid")))[0];
            HostProcess.Quit(int.Parse(postmaster, CultureInfo.InvariantCulture));
        });
        Assert.Equal(0, await shop.StopAsync());
    }

    /// <summary>What one shopper was told: every id that any answer to this key named.</summary>
    sealed record Checkout(string Key, string VariantId)
    {
        public ConcurrentBag<string> Ids { get; } = [];
        public string Token { get; set; } = "";
    }

    static async Task ProveAsync(Func<Uri> address, Func<Task> crash)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(20) };
        var before = await AvailableAsync(http, address());
        var variants = before.Where(v => v.Value >= Checkouts / 4).Select(v => v.Key).Take(10).ToList();
        Assert.True(variants.Count >= 5, "The sample catalogue has variants with stock enough.");
        var checkouts = Enumerable.Range(0, Checkouts).Select(i => new Checkout(Guid.NewGuid().ToString(), variants[i % variants.Count])).ToList();

        // Two crashes, each once so many shoppers have their answer, while the others are in the middle of theirs.
        var (next, done, crashes) = (0, 0, 0);
        var crashing = Task.CompletedTask;
        var gate = new Lock();
        await Task.WhenAll(Enumerable.Range(0, Shoppers).Select(async _ =>
        {
            for (var i = Interlocked.Increment(ref next) - 1; i < Checkouts; i = Interlocked.Increment(ref next) - 1)
            {
                await Answers.Eventually(() => BuyAsync(http, address, checkouts[i]), "the shop answers again after a crash");
                var finished = Interlocked.Increment(ref done);
                lock (gate)
                    if (crashes < 2 && finished >= Checkouts / 3 * (crashes + 1) && crashing.IsCompletedSuccessfully)
                    {
                        crashes++;
                        crashing = Task.Run(crash);
                    }
            }
        }));
        await crashing;
        Assert.Equal(2, crashes);

        // Everybody asks once more: the same order, and it can be read.
        await Parallel.ForEachAsync(checkouts, new ParallelOptions { MaxDegreeOfParallelism = Shoppers }, async (checkout, _) =>
        {
            await Answers.Eventually(() => BuyAsync(http, address, checkout), "the shop answers");
            var id = Assert.Single(checkout.Ids.Distinct());
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address(), $"/v1/orders/{id}"));
            request.Headers.Add("Souk-Order-Token", checkout.Token);
            using var answer = await http.SendAsync(request, CancellationToken.None);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        });
        Assert.Equal(Checkouts, checkouts.SelectMany(c => c.Ids).Distinct().Count());
        var after = await AvailableAsync(http, address());
        foreach (var variant in variants) Assert.Equal(before[variant], after[variant] + checkouts.Count(c => c.VariantId == variant));
    }

    /// <summary>One try; false when there was no answer or the shop said that it cannot answer now.</summary>
    static async Task<bool> BuyAsync(HttpClient http, Func<Uri> address, Checkout checkout)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address(), "/v1/orders"))
            {
                Content = JsonContent.Create(new { lines = new[] { new { variantId = checkout.VariantId, quantity = 1 } }, email = "guest@example.com" }),
            };
            request.Headers.Add("Idempotency-Key", checkout.Key);
            using var answer = await http.SendAsync(request);
            if (answer.StatusCode == HttpStatusCode.ServiceUnavailable) return false;
            Assert.True(answer.StatusCode == HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
            var order = await answer.Body();
            checkout.Ids.Add(order.Text("id"));
            checkout.Token = order.Text("orderToken");
            return true;
        }
        catch (Exception none) when (none is HttpRequestException or TaskCanceledException or IOException)
        {
            return false;
        }
    }

    static async Task<Dictionary<string, int>> AvailableAsync(HttpClient http, Uri shop)
    {
        var available = new Dictionary<string, int>();
        var products = await GetAsync(http, new Uri(shop, "/v1/products?limit=100"));
        var variants = products.GetProperty("items").EnumerateArray().SelectMany(p => p.GetProperty("variants").EnumerateArray()).Select(v => v.Text("id"));
        foreach (var some in variants.Chunk(100))
            foreach (var item in (await GetAsync(http, new Uri(shop, $"/v1/availability?variantIds={string.Join(',', some)}"))).GetProperty("items").EnumerateArray())
                available[item.Text("variantId")] = item.GetProperty("available").GetInt32();
        return available;
    }

    static async Task<JsonElement> GetAsync(HttpClient http, Uri address)
    {
        using var answer = await http.GetAsync(address);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Body();
    }
}
