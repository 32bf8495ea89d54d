using VariantId = Souk.Platform.Ids.Id<Souk.Contracts.VariantKind>;

namespace Souk.Bench;

/// <summary>What shoppers read, beside static bytes of the same size from the same web server; what comes from the database, beside pgbench with the same query.</summary>
internal static class Reads
{
    const int Urls = 500;

    public static IEnumerable<Scenario> Of(BenchShop shop, BenchSettings settings)
    {
        var random = new Random(1);
        var pages = shop.Slugs.OrderBy(_ => random.Next()).Take(Urls).Select(slug => $"/v1/products/{slug}").ToList();
        var lists = Enumerable.Range(0, Urls).Select(i => $"/v1/products?limit={5 + (i % 25)}&category=category-{i / 25 % 20}&sort={(i % 2 == 0 ? "name" : "-createdAt")}").ToList();
        yield return new("product-page", () => BesideStaticAsync("product-page", pages));
        yield return new("product-list", () => BesideStaticAsync("product-list", lists));
        yield return new("availability", async () =>
        {
            var paths = shop.Variants.Take(Urls).Select(v => $"/v1/availability?variantIds={v}").ToList();
            var query = SqlOf.With(SqlOf.Text("Souk.Ordering.Inventory.StockLevels", "Find"), $"ARRAY['{UuidOf(shop.Variants[0])}']::uuid[]");
            await using var http = await StaticAsync(paths);
            return await Result.MeasureAsync("availability", shop, settings,
                () => Tool.WrkAsync(shop.Url, settings.Seconds, Cycle(paths)),
                // One after the other on the same cores: the times of the query and of the request add up.
                async () => 1 / ((1 / await Tool.BestPgBenchAsync(shop.ConnectionString, query, settings.Seconds)) + (1 / (await Tool.WrkAsync(http.Ready, settings.Seconds, Cycle(paths))).PerSecond)),
                "the same query by pgbench, and the same request without a database, one after the other");
        });
        yield return new("signed-request", async () =>
        {
            await shop.RenewTokensAsync();
            return await Result.MeasureAsync("signed-request", shop, settings,
                () => Tool.WrkAsync(shop.Url, settings.Seconds, Cycle(pages, shop.Tokens)),
                async () => (await Tool.WrkAsync(shop.Url, settings.Seconds, Cycle(pages))).PerSecond, "the same requests without sign-in");
        });
        yield return new("sign-in", () =>
        {
            var (email, password) = shop.People[0];
            return Result.MeasureAsync("sign-in", shop, settings,
                () => Tool.WrkAsync(shop.Url + "/v1/sessions", settings.Seconds, $$"""
                    wrk.method = "POST"
                    wrk.headers["Content-Type"] = "application/json"
                    wrk.body = '{"email":"{{email}}","password":"{{password}}"}'
                    """, connections: 8), null, "none: Argon2id on a bounded pool");
        });

        async Task<Result> BesideStaticAsync(string scenario, IReadOnlyList<string> urls)
        {
            await using var ceiling = await StaticAsync(urls);
            return await Result.MeasureAsync(scenario, shop, settings,
                () => Tool.WrkAsync(shop.Url, settings.Seconds, Cycle(urls)),
                async () => (await Tool.WrkAsync(ceiling.Ready, settings.Seconds, Cycle(urls))).PerSecond, "static bytes of the same size");
        }

        async Task<Child> StaticAsync(IReadOnlyList<string> urls)
        {
            // Each once: it fills the cache too, as it is on a shop that has visitors.
            var sizes = new List<long>();
            foreach (var url in urls) sizes.Add((await shop.Http.GetByteArrayAsync(url)).LongLength);
            return await Child.StartAsync([typeof(Reads).Assembly.Location, "static", $"{(long)sizes.Average()}"], line => line.StartsWith("http://", StringComparison.Ordinal));
        }
    }

    static Guid UuidOf(string variant) => VariantId.TryRead(variant, out var id) ? id.Value : throw new InvalidOperationException($"{variant} is no id of a variant.");

    /// <summary>wrk asks for these in turn.</summary>
    public static string Cycle(IEnumerable<string> paths, IReadOnlyList<string>? tokens = null) => $$"""
        local paths = { {{string.Join(", ", paths.Select(p => $"'{p}'"))}} }
        local tokens = { {{string.Join(", ", (tokens ?? []).Select(t => $"'Bearer {t}'"))}} }
        local n = 0
        request = function()
          n = n + 1
          local headers = {}
          if #tokens > 0 then headers["Authorization"] = tokens[n % #tokens + 1] end
          return wrk.format("GET", paths[n % #paths + 1], headers)
        end
        """;
}

/// <summary>The SQL that the shop runs, for pgbench to run alone.</summary>
internal static class SqlOf
{
    public static string Text(string type, string name) =>
        (string)typeof(Souk.Ordering.OrderingModule).Assembly.GetType(type, throwOnError: true)!
            .GetField(name, System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Public)!.GetRawConstantValue()!;

    /// <summary>The text with its parameters replaced, the last first, so that $1 is not found in $19.</summary>
    public static string With(string text, params IReadOnlyList<string> values)
    {
        for (var i = values.Count; i > 0; i--) text = text.Replace($"${i}", $"({values[i - 1]})", StringComparison.Ordinal);
        return string.Join('\n', text.Split('\n').Where(line => !line.TrimStart().StartsWith("--", StringComparison.Ordinal))).Trim() + ";\n";
    }
}
