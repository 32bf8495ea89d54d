using System.Text.Json;
using Souk.Catalog.Products;

namespace Souk.Tests.Catalog.Products;

/// <summary>What the plans of the lists read, on 20,000 products: counted by the database itself, not timed.</summary>
public sealed class ProductSortTests(CatalogShop shop) : IClassFixture<CatalogShop>, IAsyncLifetime
{
    const int Limit = 20;

    public async ValueTask InitializeAsync()
    {
        await shop.ImportLinesAsync(CatalogFolder.Line("Seed", "SEED-1", category: "Gear"));
        await Execute(Generate);
        await Execute(GenerateTexts);
        await Execute("ANALYZE catalog.products");
        await Execute("ANALYZE catalog.product_texts");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData("name")]
    [InlineData("-name")]
    [InlineData("price")]
    [InlineData("-price")]
    [InlineData("createdAt")]
    [InlineData("-createdAt")]
    [InlineData("rating")]
    public async Task Page_900_reads_what_page_1_reads(string name)
    {
        var sort = ProductSort.All.Single(s => s.Name == name);
        await using var connection = await shop.Db.OpenConnectionAsync();
        var deep = await KeyAt(connection, sort, 899 * Limit);
        foreach (var filter in new[] { Any, Any with { InStock = true }, Any with { PriceMin = 1_000 } })
        {
            var first = await Explain(connection, sort, filter, sort.Start(backward: false, filter.PriceMin, null));
            var late = await Explain(connection, sort, filter, deep);
            Assert.DoesNotContain("Seq Scan", first.Nodes.Concat(late.Nodes));
            Assert.Equal((Limit + 1, Limit + 1), (first.Shown, late.Shown));
            Assert.InRange(late.Read, 1, 4 * Limit);
            Assert.InRange(late.Buffers, 1, first.Buffers + (4 * Limit));
        }
    }

    [Theory]
    [InlineData("color=C17", null, null, 200)]      // 100 of them
    [InlineData("color=C17\nsize=S7", null, null, 50)]
    [InlineData(null, 999_990L, null, 50)]          // the dearest few
    [InlineData(null, null, "rareword7", 100)]
    [InlineData("color=C17", null, "rareword7", 100)]
    [InlineData(null, null, "commonword", 200)]
    [InlineData("size=S7", null, "commonword", 3000)]
    public async Task A_filter_that_few_pass_is_walked_by_its_index_whatever_the_order(string? facet, long? priceMin, string? words, int rowsMax)
    {
        await using var connection = await shop.Db.OpenConnectionAsync();
        foreach (var sort in ProductSort.All)
        {
            var plan = await Explain(connection, sort, Any with { Facet = facet, PriceMin = priceMin, Words = words }, sort.Start(backward: false, priceMin, null));
            Assert.DoesNotContain("Seq Scan", plan.Nodes);
            Assert.True(plan.Read <= rowsMax, $"{sort.Name} read {plan.Read} rows: {string.Join(", ", plan.Nodes)}");
        }
    }

    [Fact]
    public async Task The_look_for_changes_walks_an_index_also_when_it_is_planned_for_any_number()
    {
        await using var connection = new NpgsqlConnection(shop.ConnectionString);
        await connection.OpenAsync();
        foreach (var statement in new[] { "SET plan_cache_mode = force_generic_plan", $"PREPARE look AS {HotCatalog.Look}" })
        {
            await using var prepare = new NpgsqlCommand(statement, connection);
            await prepare.ExecuteNonQueryAsync();
        }
        await using var explain = new NpgsqlCommand("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE look (1000000, 1001)", connection);
        var root = JsonDocument.Parse((string)(await explain.ExecuteScalarAsync())!).RootElement[0].GetProperty("Plan");
        Assert.True(Walk(root, []) < 10, root.ToString());
    }

    sealed record Filter(string? Facet, long? PriceMin, bool InStock, string? Words);

    static readonly Filter Any = new(null, null, false, null);

    /// <param name="Read">Rows that scans gave out or threw away.</param>
    sealed record Plan(List<string> Nodes, int Shown, double Read, long Buffers);

    static object?[] Args(ProductSort sort, Filter filter, ProductKey key, int limit)
    {
        object?[] args = [null, filter.Facet, filter.PriceMin, null, filter.InStock, limit, key.Id, sort.Value(key)];
        return filter.Words is null ? args : [.. args, filter.Words, "en", "en"];
    }

    static async Task<ProductKey> KeyAt(NpgsqlConnection connection, ProductSort sort, int skip)
    {
        await using var command = Command(connection, sort.Statement(backward: false, found: false), Args(sort, Any, sort.Start(backward: false, null, null), skip));
        await using var reader = await command.ExecuteReaderAsync();
        ProductKey? last = null;
        while (await reader.ReadAsync()) last = sort.Read(reader);
        return last!;
    }

    static async Task<Plan> Explain(NpgsqlConnection connection, ProductSort sort, Filter filter, ProductKey key)
    {
        var sql = sort.Statement(backward: false, found: filter.Words is not null);
        await using var command = Command(connection, $"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", Args(sort, filter, key, Limit + 1));
        var root = JsonDocument.Parse((string)(await command.ExecuteScalarAsync())!).RootElement[0].GetProperty("Plan");
        var plan = new Plan([], (int)root.GetProperty("Actual Rows").GetDouble(), 0, root.GetProperty("Shared Hit Blocks").GetInt64() + root.GetProperty("Shared Read Blocks").GetInt64());
        return plan with { Read = Walk(root, plan.Nodes) };
    }

    static double Walk(JsonElement node, List<string> nodes)
    {
        var type = node.GetProperty("Node Type").GetString()!;
        nodes.Add(type);
        var loops = node.GetProperty("Actual Loops").GetDouble();
        var read = type.Contains("Scan", StringComparison.Ordinal)
            ? loops * (node.GetProperty("Actual Rows").GetDouble() + (node.TryGetProperty("Rows Removed by Filter", out var removed) ? removed.GetDouble() : 0)) : 0;
        return read + (node.TryGetProperty("Plans", out var below) ? below.EnumerateArray().Sum(child => Walk(child, nodes)) : 0);
    }

    static NpgsqlCommand Command(NpgsqlConnection connection, string sql, object?[] args)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var arg in args) command.Parameters.Add(new() { Value = arg ?? DBNull.Value });
        return command;
    }

    async Task Execute(string sql)
    {
        await using var command = shop.Db.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    const string Generate = """
        INSERT INTO catalog.products (id, slug, category_id, status, sort_name, version, created_at, updated_at, price_from, stock_state, facets, rating_count, rating_sum)
        SELECT gen_random_uuid(), 'made-' || n, (SELECT id FROM catalog.categories LIMIT 1), 'active', 'made ' || md5(n::text), 1, now() - n * interval '1 minute', now(),
            (n * 7919 % 1000000), (ARRAY['in_stock', 'low', 'out', 'in_stock'])[1 + n % 4],
            ARRAY['color=C' || n % 200, 'size=S' || n % 20, 'color=C' || n % 200 || E'\nsize=S' || n % 20], 10, 10 + n * 31 % 41
        FROM generate_series(1, 20000) AS n WHERE NOT EXISTS (SELECT FROM catalog.products WHERE slug = 'made-1')
        """;

    const string GenerateTexts = """
        INSERT INTO catalog.product_texts (product_id, language, name, description)
        SELECT id, 'en', slug, 'A thing among things, commonword, rareword' || row_number() OVER (ORDER BY slug) % 1000 FROM catalog.products p WHERE slug LIKE 'made-%'
        AND NOT EXISTS (SELECT FROM catalog.product_texts t WHERE t.product_id = p.id)
        """;
}
