using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Souk.Contracts;
using Souk.Platform.Ids;

namespace Souk.Tests.Catalog.Products;

public sealed class HotCatalogTests(CatalogShop shop) : IClassFixture<CatalogShop>
{
    static readonly TimeSpan AgeMax = TimeSpan.FromSeconds(2);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_change_is_shown_by_every_node_within_two_seconds_with_the_bus_and_without(bool busWorks)
    {
        var slug = $"two-seconds-{busWorks}".ToLowerInvariant();
        await shop.ImportLinesAsync(CatalogFolder.Line(slug, slug, category: slug));
        await using var one = await ReadNode.StartAsync(shop, busWorks);
        await using var two = await ReadNode.StartAsync(shop, busWorks);
        var variant = await shop.VariantAsync(slug, slug);
        string[] paths = [$"/v1/products/{slug}", $"/v1/products?category={slug}"];
        foreach (var amount in new[] { 100, 200, 300 })
        {
            foreach (var node in new[] { one, two })
                foreach (var path in paths) await Amount(node, path);
            await one.ShowPriceAsync(variant, amount);
            var committed = Stopwatch.GetTimestamp();
            foreach (var node in new[] { one, two })
                foreach (var path in paths)
                    await Answers.Eventually(async () =>
                    {
                        var asked = Stopwatch.GetElapsedTime(committed);
                        var shown = await Amount(node, path);
                        Assert.True(shown == amount || asked < AgeMax, $"{path} showed {shown} {asked} after {amount} was committed");
                        return shown == amount;
                    }, "the new price is shown");
        }
    }

    [Fact]
    public async Task The_node_that_made_the_change_shows_it_at_once()
    {
        await shop.ImportLinesAsync(CatalogFolder.Line("At Once", "AO-1"));
        await using var node = await ReadNode.StartAsync(shop, busWorks: true);
        var variant = await shop.VariantAsync("at-once", "AO-1");
        for (var amount = 1; amount <= 20; amount++)
        {
            await node.ShowPriceAsync(variant, amount);
            Assert.Equal(amount, await Amount(node, "/v1/products/at-once"));
        }
    }

    /// <summary>Two nodes, one writer, readers who change nodes as they like and tell what they have.</summary>
    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 2)]
    public async Task No_reader_goes_back_in_time_and_nothing_is_older_than_two_seconds(bool busWorks, int seed)
    {
        const int readers = 6;
        var runs = TimeSpan.FromSeconds(6);
        var category = $"times-{seed}";
        string[] slugs = [.. Enumerable.Range(0, 3).Select(n => $"times-{seed}-{n}")];
        await shop.ImportLinesAsync([.. slugs.Select(slug => CatalogFolder.Line(slug, slug, category: category))]);
        await using var one = await ReadNode.StartAsync(shop, busWorks);
        await using var two = await ReadNode.StartAsync(shop, busWorks);
        var variants = new List<Id<VariantKind>>();
        foreach (var slug in slugs) variants.Add(await shop.VariantAsync(slug, slug));

        // Amounts only grow, so they say which of two answers is the newer.
        var committed = new ConcurrentQueue<(int Product, long Amount, TimeSpan At)>();
        var watch = Stopwatch.StartNew();
        var writer = Task.Run(async () =>
        {
            var random = new Random(seed);
            for (var amount = 1L; watch.Elapsed < runs; amount++)
            {
                var product = random.Next(slugs.Length);
                await (random.Next(2) == 0 ? one : two).ShowPriceAsync(variants[product], amount);
                committed.Enqueue((product, amount, watch.Elapsed));
                using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(random.Next(1, 60)));
                await pause.WaitForNextTickAsync();
            }
        });
        var asked = 0;
        var unchanged = 0;
        var all = Enumerable.Range(0, readers).Select(reader => Task.Run(async () =>
        {
            var random = new Random((seed * 100) + reader);
            var tags = new Dictionary<string, EntityTagHeaderValue>();
            var known = new Dictionary<string, long[]>();
            while (watch.Elapsed < runs)
            {
                var path = random.Next(3) == 0 ? $"/v1/products?category={category}" : $"/v1/products/{slugs[random.Next(slugs.Length)]}";
                using var request = new HttpRequestMessage(HttpMethod.Get, path);
                if (tags.TryGetValue(path, out var tag)) request.Headers.IfNoneMatch.Add(tag);
                var at = watch.Elapsed;
                using var answer = await (random.Next(2) == 0 ? one : two).Http.SendAsync(request);
                Interlocked.Increment(ref asked);
                if (answer.StatusCode == HttpStatusCode.NotModified) Interlocked.Increment(ref unchanged);
                var shown = answer.StatusCode == HttpStatusCode.NotModified ? known[path] : Amounts(await answer.Body(), slugs);
                if (known.TryGetValue(path, out var before))
                    Assert.True(shown.Zip(before).All(p => p.First >= p.Second), $"{path} went back from {string.Join(',', before)} to {string.Join(',', shown)}");
                foreach (var (product, amount, when) in committed.Where(c => c.At < at - AgeMax))
                    Assert.True(shown[product] < 0 || shown[product] >= amount, $"{path} asked at {at} showed {shown[product]} of {product}: {amount} was committed at {when}");
                (tags[path], known[path]) = (answer.Headers.ETag!, shown);
            }
        })).ToList();
        await writer;
        await Task.WhenAll(all);
        Assert.True(committed.Count > 20 && asked > 200 && unchanged > 20, $"{committed.Count} changes, {asked} requests, {unchanged} unchanged");
    }

    [Fact]
    public async Task A_reader_who_saw_something_newer_elsewhere_is_not_shown_something_older()
    {
        await shop.ImportLinesAsync(CatalogFolder.Line("Seen Newer", "SN-1", category: "Seen"));
        await using var one = await ReadNode.StartAsync(shop, busWorks: false);
        await using var two = await ReadNode.StartAsync(shop, busWorks: false);
        var variant = await shop.VariantAsync("seen-newer", "SN-1");
        foreach (var path in new[] { "/v1/products/seen-newer", "/v1/products?category=seen" })
        {
            var before = await Amount(two, path);
            await one.ShowPriceAsync(variant, before + 1);
            EntityTagHeaderValue? tag = null;
            await Answers.Eventually(async () =>
            {
                using var newer = await one.Http.GetAsync(path);
                tag = newer.Headers.ETag;
                return Amounts(await newer.Body(), ["seen-newer"])[0] == before + 1;
            }, "the first node shows it");
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { IfNoneMatch = { tag! } } };
            using var answer = await two.Http.SendAsync(request);
            Assert.Equal((HttpStatusCode.NotModified, tag), (answer.StatusCode, answer.Headers.ETag));
        }
    }

    [Fact]
    public async Task A_version_that_is_made_up_is_answered_with_what_there_is()
    {
        await shop.ImportLinesAsync(CatalogFolder.Line("Made Up", "MU-1"));
        foreach (var tag in new[] { "\"9223372036854775807-abc\"", "\"99999999999999999999-abc\"", "\"-\"", "\"x-y\"", "W/\"7-x\"", "garbage", "\"1\"" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/products/made-up");
            request.Headers.TryAddWithoutValidation("If-None-Match", tag);
            using var answer = await shop.Http.SendAsync(request);
            Assert.Equal((HttpStatusCode.OK, "made-up"), (answer.StatusCode, (await answer.Body()).Text("slug")));
        }
    }

    [Fact]
    public async Task Lists_and_categories_answer_304_to_those_who_have_them()
    {
        await shop.ImportLinesAsync(CatalogFolder.Line("Held", "HE-1", category: "Held"));
        await using var node = await ReadNode.StartAsync(shop, busWorks: true);
        foreach (var path in new[] { "/v1/products?category=held&limit=1", "/v1/products?limit=1&category=held", "/v1/categories" })
        {
            using var first = await node.Http.GetAsync(path);
            Assert.Equal("application/json", first.Content.Headers.ContentType!.MediaType);
            foreach (var held in new[] { first.Headers.ETag!.Tag, $"\"other\", W/{first.Headers.ETag.Tag}", "*" })
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, path);
                request.Headers.TryAddWithoutValidation("If-None-Match", held);
                using var second = await node.Http.SendAsync(request);
                Assert.Equal((HttpStatusCode.NotModified, first.Headers.ETag, first.Headers.CacheControl!.ToString()),
                    (second.StatusCode, second.Headers.ETag, second.Headers.CacheControl!.ToString()));
            }
        }
        // The same list, however its members are ordered: one document.
        Assert.Equal(2, node.Hot.Store.Count);
    }

    [Fact]
    public async Task Memory_keeps_its_bound_over_many_lists()
    {
        await shop.ImportLinesAsync([.. Enumerable.Range(0, 30).Select(n => CatalogFolder.Line($"Bound {n}", $"BO-{n}", category: "Bound"))]);
        await using var node = await ReadNode.StartAsync(shop, busWorks: true, documentBytesMax: 200_000);
        await node.ShowPriceAsync(await shop.VariantAsync("bound-7", "BO-7"), 500);
        for (var n = 0; n < 300; n++)
        {
            await Amount(node, $"/v1/products?category=bound&priceMax={1_000_000 + n}");
            Assert.InRange(node.Hot.Store.Bytes, 1, 200_000);
        }
        Assert.InRange(node.Hot.Store.Count, 2, 299);
    }

    static async Task<long> Amount(ReadNode node, string path)
    {
        using var answer = await node.Http.GetAsync(path);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var body = await answer.Body();
        return AmountOf(body.TryGetProperty("items", out var items) ? items[0] : body);
    }

    /// <summary>What a page or a list shows of each product; −1 for one that it does not show.</summary>
    static long[] Amounts(JsonElement body, string[] slugs)
    {
        List<JsonElement> products = body.TryGetProperty("items", out var items) ? [.. items.EnumerateArray()] : [body];
        return [.. slugs.Select(slug => products.Where(p => p.Text("slug") == slug).Select(AmountOf).DefaultIfEmpty(-1).Single())];
    }

    static long AmountOf(JsonElement product) =>
        product.GetProperty("variants")[0].TryGetProperty("price", out var price) ? price.GetProperty("amount").GetInt64() : 0;
}
