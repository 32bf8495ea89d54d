using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Souk.Bench;

/// <summary>
/// How soon a customer who follows <c>GET /v1/events</c> learns of an order: from the answer to who placed it to the event in the stream. Every account
/// follows; orders come at an even pace that the shop easily keeps up with.
/// </summary>
internal static class Live
{
    const int OrdersPerSecond = 100;

    public static async Task<Load> FollowAsync(BenchShop shop, int seconds)
    {
        var (answered, arrived) = (new ConcurrentDictionary<string, long>(), new ConcurrentDictionary<string, long>());
        using var stop = new CancellationTokenSource();
        var opened = new CountdownEvent(shop.Tokens.Count);
        var streams = shop.Tokens.Select(token => FollowAsync(token)).ToList();
        while (!opened.IsSet) await Task.Delay(20);

        var (errors, pace) = (0L, Stopwatch.StartNew());
        var orders = new List<Task>();
        for (var n = 0; n < OrdersPerSecond * seconds; n++)
        {
            var early = TimeSpan.FromSeconds((double)n / OrdersPerSecond) - pace.Elapsed;
            if (early > TimeSpan.Zero) await Task.Delay(early);
            orders.Add(PlaceAsync(shop.Tokens[n % shop.Tokens.Count], shop.Variants[n * 7 % shop.Variants.Count]));
        }
        await Task.WhenAll(orders);
        // What has not come after so long counts as lost.
        for (var wait = Stopwatch.StartNew(); wait.Elapsed.TotalSeconds < 5 && !answered.Keys.All(arrived.ContainsKey);) await Task.Delay(50);
        await stop.CancelAsync();
        await Task.WhenAll(streams);

        // Some hear of their order before they have its answer.
        var took = answered.Where(order => arrived.ContainsKey(order.Key))
            .Select(order => Math.Max(0, Stopwatch.GetElapsedTime(order.Value, arrived[order.Key]).TotalMilliseconds)).ToList();
        return Load.Of(took, seconds, errors + answered.Count - took.Count);

        async Task PlaceAsync(string token, string variant)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/orders") { Content = JsonContent.Create(new { lines = new[] { new { variantId = variant, quantity = 1 } } }) };
            request.Headers.Authorization = new("Bearer", token);
            request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());
            using var answer = await shop.Http.SendAsync(request);
            if (!answer.IsSuccessStatusCode) Interlocked.Increment(ref errors);
            else answered[JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync()).RootElement.GetProperty("id").GetString()!] = Stopwatch.GetTimestamp();
        }

        async Task FollowAsync(string token)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/events");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            try
            {
                using var answer = await shop.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop.Token);
                using var lines = new StreamReader(await answer.EnsureSuccessStatusCode().Content.ReadAsStreamAsync(stop.Token));
                while (await lines.ReadLineAsync(stop.Token) is { } line)
                {
                    if (!line.StartsWith("data:", StringComparison.Ordinal)) continue;
                    var message = JsonDocument.Parse(line[5..]).RootElement;
                    if (message.GetProperty("type").GetString() is "stream.opened") opened.Signal();
                    else if (message.GetProperty("data").TryGetProperty("orderId", out var order)) arrived.TryAdd(order.GetString()!, Stopwatch.GetTimestamp());
                }
            }
            catch (OperationCanceledException)
            {
                // The measurement is over.
            }
        }
    }
}
