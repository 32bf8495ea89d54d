namespace Souk.Bench;

/// <summary>What shoppers read, beside static bytes of the same size from the same web server; what comes from the database, beside pgbench with the same query.</summary>
internal static class Reads
{
    const int Urls = 500;

    public static async Task<IReadOnlyList<Result>> RunAsync(BenchShop shop, BenchSettings settings)
    {
        var random = new Random(1);
        var slugs = shop.Slugs.OrderBy(_ => random.Next()).Take(Urls).ToList();
        var lists = Enumerable.Range(0, Urls).Select(i => $"/v1/products?limit={5 + (i % 25)}&category=category-{i / 25 % 20}&sort={(i % 2 == 0 ? "name" : "-createdAt")}").ToList();
        var results = new List<Result>
        {
            await BesideStaticAsync("product-page", [.. slugs.Select(slug => $"/v1/products/{slug}")], null),
            await BesideStaticAsync("product-list", lists, null),
        };

        var variant = shop.Variants[0];
        var query = Availability("ARRAY[(SELECT id FROM catalog.variants WHERE sku = 'B-0000-0')]");
        results.Add(await Result.MeasureAsync("availability", shop, settings,
            () => Tool.WrkAsync(shop.Url, settings.Seconds, Cycle(shop.Variants.Take(Urls).Select(v => $"/v1/availability?variantIds={v}"))),
            () => Tool.PgBenchAsync(shop.ConnectionString, query, clients: 8, settings.Seconds), "the same query by pgbench, without HTTP"));

        await shop.RenewTokensAsync();
        var paths = slugs.Take(Urls).Select(slug => $"/v1/products/{slug}").ToList();
        results.Add(await Result.MeasureAsync("signed-request", shop, settings,
            () => Tool.WrkAsync(shop.Url, settings.Seconds, Cycle(paths, shop.Tokens)),
            async () => (await Tool.WrkAsync(shop.Url, settings.Seconds, Cycle(paths))).PerSecond, "the same requests without sign-in"));

        var (email, password) = shop.People[0];
        results.Add(await Result.MeasureAsync("sign-in", shop, settings,
            () => Tool.WrkAsync(shop.Url + "/v1/sessions", settings.Seconds, $$"""
                wrk.method = "POST"
                wrk.headers["Content-Type"] = "application/json"
                wrk.body = '{"email":"{{email}}","password":"{{password}}"}'
                """, connections: 8), null, "none: Argon2id on a bounded pool"));
        return results;

        async Task<Result> BesideStaticAsync(string scenario, IReadOnlyList<string> urls, IReadOnlyList<string>? tokens)
        {
            var sizes = new List<long>();
            foreach (var url in urls.Take(50)) sizes.Add((await shop.Http.GetByteArrayAsync(url)).LongLength);
            await using var ceiling = await Child.StartAsync([typeof(Reads).Assembly.Location, "static", $"{(long)sizes.Average()}"], line => line.StartsWith("http://", StringComparison.Ordinal));
            return await Result.MeasureAsync(scenario, shop, settings,
                () => Tool.WrkAsync(shop.Url, settings.Seconds, Cycle(urls, tokens)),
                async () => (await Tool.WrkAsync(ceiling.Ready, settings.Seconds, Cycle(urls))).PerSecond, $"static bytes ({(long)sizes.Average()} each)");
        }
    }

    static string Availability(string ids) => SqlOf.Text("Souk.Ordering.Inventory.GetAvailability", "Find").Replace("$1", ids, StringComparison.Ordinal) + ";\n";

    /// <summary>wrk asks for these in turn.</summary>
    static string Cycle(IEnumerable<string> paths, IReadOnlyList<string>? tokens = null) => $$"""
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
