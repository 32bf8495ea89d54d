using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Souk.Bench;

/// <summary>
/// Orders of two lines by signed-in customers, over ten thousand variants and over one; and whole purchases. Relay, jobs and expiry run as they do in
/// production. The ceiling is pgbench with the same statements, one pipeline and one implicit transaction an order, at its best client count.
/// </summary>
internal static class Orders
{
    public static IEnumerable<Scenario> Of(BenchShop shop, BenchSettings settings)
    {
        yield return new("place-order-spread", () => PlaceAsync("place-order-spread", spread: true));
        yield return new("place-order-hot", () => PlaceAsync("place-order-hot", spread: false));
        yield return new("place-order-alone", async () =>
        {
            await PrepareStockAsync(shop);
            await shop.RenewTokensAsync();
            return await Result.MeasureAsync("place-order-alone", shop, settings, () => Tool.WrkAsync(shop.Url, settings.Seconds, Place(shop, spread: true), connections: 1),
                () => Tool.PgBenchAsync(shop.ConnectionString, Statements(spread: true), clients: 1, settings.Seconds), "the same SQL by pgbench, one client");
        });
        yield return new(Worker, WithoutWorkAsync);
        foreach (var name in OrderEngine.Names)
            yield return new(name, async () =>
            {
                await PrepareStockAsync(shop);
                var result = await OrderEngine.MeasureAsync(name, shop, settings);
                await shop.SettleAsync();
                return result;
            });
        yield return new("place-order-two-nodes", TwoNodesAsync);
        yield return new("purchase", async () =>
        {
            await shop.RenewTokensAsync();
            await FillWalletsAsync(shop);
            // Code that runs for the first time is compiled, and compiled again once it is known to be hot: seven routes and the work behind them.
            await BuyAsync(shop, WarmUpSeconds);
            var result = await Result.MeasureAsync("purchase", shop, settings, () => BuyAsync(shop, settings.Seconds), null, "none");
            await ProveAsync(shop);
            return result;
        });
        yield return new("live-update", async () =>
        {
            await shop.RenewTokensAsync();
            return await Result.MeasureAsync("live-update", shop, settings, () => Live.FollowAsync(shop, settings.Seconds), null, "none: the pace is set");
        });

        yield return new(Long, LongAsync);

        // In parts, since access tokens live ten minutes.
        async Task<Result> LongAsync()
        {
            const int parts = 10, partSeconds = 60, shortSeconds = 30;
            var atOnce = 0.0;
            List<Load> loads = [];
            await Tool.WrkAsync(shop.Url, shortSeconds, Place(shop, spread: true));
            var before = shop.Cpu();
            for (var part = 0; part < parts; part++)
            {
                await shop.RenewTokensAsync();
                if (part == 0) atOnce = (await Tool.WrkAsync(shop.Url, shortSeconds, Place(shop, spread: true))).PerSecond;
                loads.Add(await Tool.WrkAsync(shop.Url, partSeconds, Place(shop, spread: true)));
                await Console.Error.WriteLineAsync(FormattableString.Invariant($"  {Long} minute {part + 1}: {loads[^1].PerSecond:0.0}/s, {await shop.BehindAsync():0.0} s behind with events"));
            }
            var (after, all) = (shop.Cpu(), loads.Aggregate(static (sum, part) => sum.With(part)));
            var orders = all.PerSecond * partSeconds;
            await shop.SettleAsync();
            await ProveAsync(shop);
            return new(Long, all with { PerSecond = all.PerSecond / parts }, atOnce, "the first half minute", all.PerSecond / parts / atOnce,
                (after.Host - before.Host).TotalMicroseconds / orders, (after.Database - before.Database).TotalMicroseconds / orders);
        }

        // In turn, each in a process of its own that was warmed up in the same way, after everything before it was told.
        async Task<Result> WithoutWorkAsync()
        {
            var (with, without, host, database) = (new List<Load>(), new List<double>(), new List<double>(), new List<double>());
            for (var round = 0; round < settings.Rounds; round++)
            {
                without.Add((await PlaceAsAsync("web")).PerSecond);
                with.Add(await PlaceAsAsync(BenchShop.AllRoles));
                await Console.Error.WriteLineAsync(FormattableString.Invariant($"  {Worker} round {round + 1}: {with[^1].PerSecond:0.0}/s, without {without[^1]:0.0}/s"));
            }
            await shop.SettleAsync();
            await ProveAsync(shop);
            var median = with.OrderBy(l => l.PerSecond).ElementAt(with.Count / 2) with { Errors = with.Sum(l => l.Errors) };
            return new(Worker, median, without.Order().ElementAt(without.Count / 2), "the same without relay, inbox, jobs and expiry",
                with.Zip(without, static (some, most) => some.PerSecond / most).Min(), host.Order().ElementAt(host.Count / 2), database.Order().ElementAt(database.Count / 2));

            async Task<Load> PlaceAsAsync(string roles)
            {
                await shop.RestartAsync(BenchShop.AllRoles);
                await shop.SettleAsync();
                await shop.RestartAsync(roles);
                await shop.RenewTokensAsync();
                await Tool.WrkAsync(shop.Url, WorkerWarmUpSeconds, Place(shop, spread: true));
                var before = shop.Cpu();
                var load = await Tool.WrkAsync(shop.Url, settings.Seconds, Place(shop, spread: true));
                var after = shop.Cpu();
                if (roles == BenchShop.AllRoles)
                {
                    var orders = load.PerSecond * settings.Seconds;
                    host.Add((after.Host - before.Host).TotalMicroseconds / orders);
                    database.Add((after.Database - before.Database).TotalMicroseconds / orders);
                }
                return load;
            }
        }

        async Task<Result> TwoNodesAsync()
        {
            await shop.RenewTokensAsync();
            Result? result = null;
            await shop.WithSecondNodeAsync(async url => result = await Result.MeasureAsync("place-order-two-nodes", shop, settings, async () =>
            {
                var loads = await Task.WhenAll(new[] { shop.Url, url }.Select(node => Tool.WrkAsync(node, settings.Seconds, Place(shop, spread: true), connections: 32)));
                return loads[0].With(loads[1]);
            }, async () => (await Tool.WrkAsync(shop.Url, settings.Seconds, Place(shop, spread: true))).PerSecond, "one node of the two"));
            await shop.SettleAsync();
            await ProveAsync(shop);
            return result!;
        }

        async Task<Result> PlaceAsync(string scenario, bool spread)
        {
            await PrepareStockAsync(shop);
            await shop.RenewTokensAsync();
            var result = await Result.MeasureAsync(scenario, shop, settings,
                () => Tool.WrkAsync(shop.Url, settings.Seconds, Place(shop, spread)),
                () => Tool.BestPgBenchAsync(shop.ConnectionString, Statements(spread), settings.Seconds), "the same SQL by pgbench, best client count");
            // What it left to the relay is told before anything else is measured.
            await shop.SettleAsync();
            await ProveAsync(shop);
            return result;
        }
    }

    public const string Long = "place-order-long";

    public const string Worker = "place-order-worker";

    const int WarmUpSeconds = 20, WorkerWarmUpSeconds = 15;

    /// <summary>Lua has no secure random numbers; 128 bits of its own, seeded by the clock and the process, serve here.</summary>
    public static string Place(BenchShop shop, bool spread) => $$"""
        local variants = { {{string.Join(", ", (spread ? shop.Variants : shop.Variants.Take(1)).Select(v => $"'{v}'"))}} }
        local tokens = { {{string.Join(", ", shop.Tokens.Select(t => $"'Bearer {t}'"))}} }
        math.randomseed({{Random.Shared.Next()}})
        local run, n = "{{Guid.NewGuid():n}}", 0
        request = function()
          n = n + 1
          local body
          local a = variants[math.random(#variants)]
          local b = variants[math.random(#variants)]
          if a == b then
            body = '{"lines":[{"variantId":"' .. a .. '","quantity":2}]}'
          else
            body = '{"lines":[{"variantId":"' .. a .. '","quantity":1},{"variantId":"' .. b .. '","quantity":1}]}'
          end
          return wrk.format("POST", "/v1/orders", {
            ["Content-Type"] = "application/json",
            ["Authorization"] = tokens[n % #tokens + 1],
            ["Idempotency-Key"] = run .. n,
          }, body)
        end
        """;

    /// <summary>Stock of pgbench's own, under ids that follow from a number.</summary>
    static async Task PrepareStockAsync(BenchShop shop)
    {
        await using var connection = new NpgsqlConnection(shop.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"""
            INSERT INTO ordering.stock (variant_id, on_hand, state)
            SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, {BenchShop.OnHand}, 'in_stock' FROM generate_series(1, 10000) AS n ON CONFLICT DO NOTHING;
            """, connection);
        await command.ExecuteNonQueryAsync();
        await using var analyze = new NpgsqlCommand("VACUUM ANALYZE ordering.stock", connection);
        await analyze.ExecuteNonQueryAsync();
    }

    /// <summary>The shop writes many orders at once; pgbench writes one.</summary>
    const string Insert = """
        INSERT INTO ordering.orders (customer_id, id, number, idempotency_key, fingerprint, cart_id, lines, currency, subtotal, discounts, shipping, tax, total,
            shipping_method, email, shipping_address, billing_address, placed_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
        """;

    static string Statements(bool spread)
    {
        static string Id(string number) => $"('00000000-0000-7000-8000-' || lpad({number}::text, 12, '0'))::uuid";
        var ids = spread ? $"ARRAY[{Id(":a")}, {Id(":b")}]" : $"ARRAY[{Id("1")}]";
        var (printed, zero, wanted) = spread ? ("ARRAY['var_01m88bw43zfg5svppye4vhf42m', 'var_01m88bw43zfg5svppye4vhf42n']", "ARRAY[0, 0]", "ARRAY[1, 1]")
            : ("ARRAY['var_01m88bw43zfg5svppye4vhf42m']", "ARRAY[0]", "ARRAY[2]");
        const string line = """{"variantId":"var_01m88bw43zfg5svppye4vhf42m","sku":"B-0000-0","name":"Thing 0000, size 0","quantity":1,"unitPrice":1000,"total":1000}""";
        return (spread ? "\\set a random(1, 5000)\n\\set b :a + random(1, 5000)\n" : "")
            + "\\startpipeline\n"
            + SqlOf.With(Insert, "gen_random_uuid()", "uuidv7()",
                "upper(substr(md5(random()::text), 1, 4) || '-' || substr(md5(random()::text), 1, 4))", "gen_random_uuid()::text", "sha256('x')", "NULL::uuid",
                $"'[{line},{line}]'::jsonb", "'USD'", "2000", "0", "0", "178", "2178", "NULL", "NULL::bytea", "NULL::bytea", "NULL::bytea", "now()", "now() + interval '15 minutes'")
            + SqlOf.With(SqlOf.Text("Souk.Ordering.Inventory.ChangeStock", "Lock"), ids)
            + SqlOf.With(SqlOf.Text("Souk.Ordering.Inventory.ChangeStock", "Apply"), ids, printed, zero, wanted, "5", "now()")
            + """
              INSERT INTO platform.outbox (type, aggregate_id, version, occurred_at, payload) VALUES ('bench.placed', gen_random_uuid(), 1, now(),
              '{"orderId":"ord_01m88bw43zfg5svppye4vhf42m","customerId":"019a0000-0000-7000-8000-000000000001","number":"7K3Q-9ZDM","total":{"amount":2178,"currency":"USD"}}');
              \endpipeline

              """;
    }

    /// <summary>Enough for any run: each purchase costs some hundreds.</summary>
    static async Task FillWalletsAsync(BenchShop shop)
    {
        const long Amount = 100_000_000;
        foreach (var token in shop.Tokens)
            for (var times = 0; times < 5; times++)
                await SendAsync(shop.Http, new("Bearer", token), HttpMethod.Post, "/v1/me/wallet/top-ups", new { amount = new { amount = Amount, currency = "USD" }, method = "sandbox" });
    }

    const int Shoppers = 32;

    /// <summary>Whole purchases, by so many shoppers at once.</summary>
    static async Task<Load> BuyAsync(BenchShop shop, int seconds)
    {
        var (took, errors) = (new ConcurrentBag<double>(), 0L);
        var until = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Shoppers).Select(number => Task.Factory.StartNew(() => ShopUntilItCloses(number),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        return Load.Of(took, until.Elapsed.TotalSeconds, errors);

        void ShopUntilItCloses(int number)
        {
            var random = new Random(number);
            using var shopper = new Shopper(new(shop.Url), shop.Tokens[number % shop.Tokens.Count]);
            while (until.Elapsed.TotalSeconds < seconds)
            {
                var began = Stopwatch.GetTimestamp();
                try
                {
                    shopper.Buy(shop.Variants[random.Next(shop.Variants.Count / 2)], shop.Variants[shop.Variants.Count / 2 + random.Next(shop.Variants.Count / 2)]);
                    took.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                }
                catch (HttpRequestException refused)
                {
                    if (Interlocked.Increment(ref errors) == 1) Console.Error.WriteLine($"  {refused.Message}");
                }
            }
        }
    }

    static async Task<JsonElement> SendAsync(HttpClient http, AuthenticationHeaderValue bearer, HttpMethod method, string path, object body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = JsonContent.Create(body) };
        request.Headers.Authorization = bearer;
        request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());
        using var answer = await http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
        return JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync()).RootElement.Clone();
    }

    /// <summary>A fast wrong answer is none: what was measured must add up.</summary>
    static async Task ProveAsync(BenchShop shop)
    {
        await using var connection = new NpgsqlConnection(shop.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("""
            SELECT (SELECT coalesce(sum(s.reserved), 0)::bigint FROM ordering.stock s WHERE s.variant_id::text NOT LIKE '00000000%'),
                   (SELECT coalesce(sum((l ->> 'quantity')::int), 0)::bigint FROM ordering.orders o CROSS JOIN LATERAL jsonb_array_elements(o.lines) AS l
                    WHERE o.status IN ('placed', 'paid') AND o.number IS NOT NULL AND EXISTS (SELECT FROM identity.accounts a WHERE a.id = o.customer_id)),
                   (SELECT deadlocks FROM pg_stat_database WHERE datname = current_database())
            """, connection) { CommandTimeout = 120 };
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        if (reader.GetInt64(0) != reader.GetInt64(1)) throw new InvalidOperationException($"{reader.GetInt64(0)} units are reserved, {reader.GetInt64(1)} were ordered.");
        if (reader.GetInt64(2) != 0) throw new InvalidOperationException($"There were {reader.GetInt64(2)} deadlocks.");
    }
}
