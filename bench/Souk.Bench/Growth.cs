using System.Globalization;

namespace Souk.Bench;

/// <summary>
/// What requests cost as a shop grows: orders and products are generated in bulk, as rows, and the same requests measured at each size. A request that
/// reads through an index costs the same at any size; whatever does not shows here.
/// </summary>
internal static class Growth
{
    /// <summary>Orders of the accounts that ask: each has so many, whatever the size; the rest belongs to others.</summary>
    const int OwnOrders = 200;

    public static readonly string[] Names = ["own-orders", "own-orders-deep", "read-order", "place-order", "list-products", "search-products", "read-product"];

    public static async IAsyncEnumerable<Result> RunAsync(BenchShop shop, BenchSettings settings, IReadOnlyList<int> orders, IReadOnlyList<int> products)
    {
        foreach (var (size, before) in orders.Zip([0, .. orders]))
        {
            await FillOrdersAsync(shop, before, size);
            await shop.RenewTokensAsync();
            var (pages, deep, single) = await OwnAsync(shop);
            yield return await AtAsync("own-orders", size, Reads.Cycle(pages, shop.Tokens));
            yield return await AtAsync("own-orders-deep", size, Reads.Cycle(deep, shop.Tokens));
            yield return await AtAsync("read-order", size, Reads.Cycle(single, shop.Tokens));
            yield return await AtAsync("place-order", size, Orders.Place(shop, spread: true));
            await shop.SettleAsync();
        }
        foreach (var (size, before) in products.Zip([0, .. products]))
        {
            await FillProductsAsync(shop, before, size);
            // Prices and words that hardly come twice: what is measured is the database, not the cache.
            var random = new Random(size);
            yield return await AtAsync("list-products", size, Reads.Cycle([.. Enumerable.Range(0, 4_000).Select(_ => $"/v1/products?sort=price&limit=20&priceMin={random.Next(100_000)}")]));
            yield return await AtAsync("search-products", size, Reads.Cycle([.. Enumerable.Range(0, 4_000).Select(_ => $"/v1/products?limit=20&q=word{random.Next(10_000)}")]));
            yield return await AtAsync("read-product", size, Reads.Cycle([.. Enumerable.Range(0, 4_000).Select(_ => $"/v1/products/grown-{random.Next(size)}")]));
        }

        Task<Result> AtAsync(string name, int size, string script) => Result.MeasureAsync(FormattableString.Invariant($"{name}@{size}"), shop, settings,
            () => Tool.WrkAsync(shop.Url, settings.Seconds, script, connections: 16), null, "");
    }

    /// <summary>Addresses for each account in turn, as its token is: the first page, one far behind, and a single order.</summary>
    static async Task<(List<string> Pages, List<string> Deep, List<string> Single)> OwnAsync(BenchShop shop)
    {
        var (pages, deep, single) = (new List<string>(), new List<string>(), new List<string>());
        foreach (var token in shop.Tokens)
        {
            var path = "/v1/orders?limit=20";
            pages.Add(path);
            for (var i = 0; i < 5; i++)
            {
                var page = await shop.GetAsync(path, token);
                if (i == 0) single.Add($"/v1/orders/{page.GetProperty("items")[0].GetProperty("id").GetString()}");
                path = $"/v1/orders?limit=20&cursor={page.GetProperty("nextCursor").GetString()}";
            }
            deep.Add(path);
        }
        return (pages, deep, single);
    }

    static async Task FillOrdersAsync(BenchShop shop, int before, int size)
    {
        await Console.Error.WriteLineAsync(FormattableString.Invariant($"  generating orders up to {size}"));
        const int Step = 250_000;
        for (var at = before; at < size; at += Step)
            await ExecuteAsync(shop, FormattableString.Invariant($$"""
                INSERT INTO ordering.orders (customer_id, id, number, idempotency_key, fingerprint, lines, currency, subtotal, discounts, shipping, tax, total,
                    placed_at, expires_at, status, payment_id, paid_at, version)
                SELECT CASE WHEN n < {{OwnOrders * BenchShop.Accounts}} THEN (SELECT array_agg(id ORDER BY id) FROM identity.accounts)[1 + n % {{BenchShop.Accounts}}] ELSE gen_random_uuid() END,
                    uuidv7(interval '-1 second' * ({{size}} - n)), upper(substr(md5(n::text), 1, 4) || '-' || substr(md5(n::text), 5, 4)), 'generated-order-' || n, sha256(n::text::bytea),
                    jsonb_build_array(jsonb_build_object('variantId', 'var_01m88bw43zfg5svppye4vhf42m', 'sku', 'B-' || n % 10000, 'name', 'Thing', 'quantity', 1, 'unitPrice', 1000, 'total', 1000),
                        jsonb_build_object('variantId', 'var_01m88bw43zfg5svppye4vhf42n', 'sku', 'B-' || n % 9999, 'name', 'Thing', 'quantity', 1, 'unitPrice', 1000, 'total', 1000)),
                    'USD', 2000, 0, 0, 178, 2178, now() - interval '1 second' * ({{size}} - n), now() - interval '1 second' * ({{size}} - n) + interval '15 minutes',
                    'paid', gen_random_uuid(), now() - interval '1 second' * ({{size}} - n) + interval '1 minute', 2
                FROM generate_series({{at}}, {{Math.Min(at + Step, size) - 1}}) AS n
                """));
        await ExecuteAsync(shop, "VACUUM ANALYZE ordering.orders");
    }

    static async Task FillProductsAsync(BenchShop shop, int before, int size)
    {
        await Console.Error.WriteLineAsync(FormattableString.Invariant($"  generating products up to {size}"));
        const int Step = 50_000;
        static string Id(string kind) => $"('00000000-0000-7000-{kind}-' || lpad(to_hex(n), 12, '0'))::uuid";
        for (var at = before; at < size; at += Step)
            await ExecuteAsync(shop, FormattableString.Invariant($"""
                WITH n AS (SELECT n FROM generate_series({at}, {Math.Min(at + Step, size) - 1}) AS n), version AS (
                    UPDATE catalog.changes SET version = version + 1 RETURNING version
                ), products AS (
                    INSERT INTO catalog.products (id, slug, category_id, status, sort_name, version, created_at, updated_at, changed, price_from, stock_state)
                    SELECT {Id("8000")}, 'grown-' || n, (SELECT id FROM catalog.categories ORDER BY id OFFSET n % 20 LIMIT 1), 'active', 'grown ' || n, 1, now(), now(), version,
                        1000 + n::bigint * 7919 % 100000, 'in_stock' FROM n, version
                ), texts AS (
                    INSERT INTO catalog.product_texts (product_id, language, name, description)
                    SELECT {Id("8000")}, 'en', 'Grown ' || n, 'A good thing that lasts, of word' || n % 10000 FROM n
                ), variants AS (
                    INSERT INTO catalog.variants (id, product_id, sku, name, weight_grams, position, on_sale)
                    SELECT {Id("9000")}, {Id("8000")}, 'G-' || n, 'Grown ' || n, 100, 0, true FROM n
                )
                INSERT INTO catalog.offers (variant_id, amount, currency, stock_state) SELECT {Id("9000")}, 1000 + n::bigint * 7919 % 100000, 'USD', 'in_stock' FROM n
                """));
        foreach (var table in (string[])["products", "product_texts", "variants", "offers"]) await ExecuteAsync(shop, $"VACUUM ANALYZE catalog.{table}");
    }

    static async Task ExecuteAsync(BenchShop shop, string sql)
    {
        await using var connection = new NpgsqlConnection(shop.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 1_800 };
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>A row for each request, a column for each size: what it costs there.</summary>
    public static string Table(IReadOnlyList<Result> results)
    {
        var text = new System.Text.StringBuilder("| request | rows | /s | p50 ms | p99 ms | errors | CPU µs host / database |\n| --- | --- | --- | --- | --- | --- | --- |\n");
        foreach (var r in results)
            text.AppendLine(CultureInfo.InvariantCulture, $"| {r.Scenario.Split('@')[0]} | {int.Parse(r.Scenario.Split('@')[1], CultureInfo.InvariantCulture):#,0} | {r.Load.PerSecond:#,0} | {r.Load.P50Ms} | {r.Load.P99Ms} | {r.Errors} | {r.HostMicros:0} / {r.DatabaseMicros:0} |");
        return text.ToString();
    }
}
