using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Souk.Catalog.Import;
using Souk.Platform.Data;

namespace Souk.Tests.Catalog.Import;

public sealed class CatalogImportTests(CatalogShop shop, TestPostgres postgres) : IClassFixture<CatalogShop>, IAsyncLifetime
{

    readonly CatalogShop fresh = new(postgres);

    public ValueTask InitializeAsync() => fresh.InitializeAsync();

    public ValueTask DisposeAsync() => fresh.DisposeAsync();

    [Fact]
    public async Task The_sample_is_taken_whole_and_a_second_import_changes_nothing()
    {
        var first = await fresh.ImportAsync(CatalogShop.Sample);
        Assert.Empty(first.Refused);
        Assert.Equal((new(119, 0), new(295, 0), new(295, 0), new(460, 0), new(5, 0)),
            (first.Products, first.Variants, first.Prices, first.StockLevels, first.ShippingMethods));
        Assert.Equal(first.Photos, new(Directory.GetFiles(Path.Combine(CatalogShop.Sample, "photos")).Intersect(await UsedPhotos()).Count(), 0));
        Assert.Equal(41L, await fresh.ScalarAsync<long>("SELECT count(*) FROM catalog.categories"));
        Assert.Equal(118L * 6 + 1, await fresh.ScalarAsync<long>("SELECT count(*) FROM catalog.product_texts"));
        // Half a cent goes to the even cent: 60.745 → 60.74.
        Assert.Equal(6074L, await fresh.ScalarAsync<long>(
            "SELECT p.amount FROM pricing.list_prices p JOIN catalog.variants v ON v.id = p.variant_id WHERE v.sku = 'FW-M423'"));
        // 2.24 lb
        Assert.Equal(1016, await fresh.ScalarAsync<int>("SELECT weight_grams FROM catalog.variants WHERE sku = 'FR-R92B-58'"));

        var events = await fresh.ScalarAsync<long>("SELECT count(*) FROM platform.outbox");
        var second = await fresh.ImportAsync(CatalogShop.Sample);
        Assert.Empty(second.Refused);
        Assert.Equal((new(0, 119), new(0, 295), first.Photos with { Taken = 0, Unchanged = first.Photos.Taken }, new(0, 295), new(0, 460), new(0, 5)),
            (second.Products, second.Variants, second.Photos, second.Prices, second.StockLevels, second.ShippingMethods));
        Assert.Equal(events, await fresh.ScalarAsync<long>("SELECT count(*) FROM platform.outbox"));
    }

    [Fact]
    public async Task Stopped_between_batches_it_keeps_what_is_stored_and_the_next_run_takes_the_rest()
    {
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fresh.ImportAsync(CatalogShop.Sample, new Telling(_ => stop.Cancel()), stop.Token));
        Assert.Equal(50L, await fresh.ScalarAsync<long>("SELECT count(*) FROM catalog.products"));

        var rest = await fresh.ImportAsync(CatalogShop.Sample);
        Assert.Equal(new(69, 50), rest.Products);
        Assert.Equal(295, rest.Variants.Taken + rest.Variants.Unchanged);
    }

    [Fact]
    public async Task Tells_how_far_it_is()
    {
        var told = new List<ImportProgress>();
        await fresh.ImportAsync(CatalogShop.Sample, new Telling(told.Add));
        Assert.Equal([50, 100, 119], told.Select(p => p.Products));
        Assert.Equal(told[^1].BytesTotal, told[^1].BytesRead);
        Assert.True(told[0].BytesRead < told[1].BytesRead);
    }

    [Fact]
    public async Task Two_at_once_are_refused_so_that_neither_trips_over_the_other()
    {
        Task<ImportReport>? rival = null;
        await fresh.ImportAsync(CatalogShop.Sample, new Telling(_ => rival ??= fresh.ImportAsync(CatalogShop.Sample)));
        await Assert.ThrowsAsync<ImportException>(() => rival!);
    }

    /// <summary>The relay changes two products in the opposite order of the import's locks, in one transaction: one of the two must lose, and try again.</summary>
    [Fact]
    public async Task Survives_a_deadlock_with_what_changes_the_same_products()
    {
        using var folder = new CatalogFolder(CatalogFolder.Line("Yin", "YIN-1"), CatalogFolder.Line("Yang", "YANG-1"));
        await fresh.ImportAsync(folder.Path);
        folder.Write([CatalogFolder.Line("Yin", "YIN-1", "\"color\": \"Black\""), CatalogFolder.Line("Yang", "YANG-1", "\"color\": \"White\"")]);
        var ids = new List<Guid> { await IdOf("yin"), await IdOf("yang") }.Order().ToList();

        await using var rival = await fresh.Db.OpenConnectionAsync();
        // Whoever has waited for a second looks for a deadlock: the import waits first, so it is the one that loses.
        await Execute(rival, "BEGIN");
        await Execute(rival, $"UPDATE catalog.products SET version = version + 1 WHERE id = '{ids[1]}'");
        var import = fresh.ImportAsync(folder.Path);
        await Answers.Eventually(async () => await fresh.ScalarAsync<long>(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") > 0, "the import waits for the rival");
        await Execute(rival, $"UPDATE catalog.products SET version = version + 1 WHERE id = '{ids[0]}'");
        await Execute(rival, "COMMIT");

        var report = await import;
        Assert.Equal((new(0, 2), new(2, 0), 0), (report.Products, report.Variants, report.RefusedTotal));

        Task<Guid> IdOf(string slug) => fresh.ScalarAsync<Guid>($"SELECT id FROM catalog.products WHERE slug = '{slug}'");

        static async Task Execute(NpgsqlConnection connection, string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync();
        }
    }

    [Fact]
    public async Task A_folder_without_a_catalogue_is_refused() =>
        await Assert.ThrowsAsync<ImportException>(() => shop.ImportAsync(Path.Combine(CatalogShop.Sample, "photos")));

    [Fact]
    public async Task A_change_in_the_file_changes_its_product_and_no_other()
    {
        using var folder = new CatalogFolder(CatalogFolder.Line("Left Glove", "GL-L"), CatalogFolder.Line("Right Glove", "GL-R"));
        await shop.ImportAsync(folder.Path);
        var before = await Versions();

        folder.Write([CatalogFolder.Line("Left Glove", "GL-L", "\"color\": \"Red\""), CatalogFolder.Line("Right Glove", "GL-R")]);
        var report = await shop.ImportAsync(folder.Path);

        Assert.Equal((new(0, 2), new(1, 1)), (report.Products, report.Variants));
        var after = await Versions();
        Assert.True(after.Left > before.Left);
        Assert.Equal(before.Right, after.Right);

        async Task<(int Left, int Right)> Versions() => (await Version("left-glove"), await Version("right-glove"));
        Task<int> Version(string slug) => shop.ScalarAsync<int>($"SELECT version FROM catalog.products WHERE slug = '{slug}'");
    }

    [Fact]
    public async Task Each_wrong_thing_is_left_out_and_named_with_its_line_and_the_rest_is_taken()
    {
        using var folder = new CatalogFolder(
            CatalogFolder.Line("Bell", "BELL-1", "\"photo\": \"bell.gif\""),
            "{\"name\": \"Half a line",
            "",
            CatalogFolder.Product("Whistle", "Gear", """{"sku": "WH-1", "currency": "USD"}""", """{"sku": "WH-2", "price": "1", "currency": "USD"}"""),
            CatalogFolder.Product("Drum", "Gear", """{"sku": "DR-1", "price": "1", "currency": "ZZZ"}"""),
            CatalogFolder.Line("Horn", "BELL-1"),
            CatalogFolder.Line("Pipe", "PI-1", "\"stock\": {\"Shelf\": -1}"),
            CatalogFolder.Line("Lute", "LU-1", "\"photo\": \"missing.gif\""),
            CatalogFolder.Line("Lyre", "LY-1", "\"photo\": \"text.gif\""),
            CatalogFolder.Line("Harp", "HA-1", "\"photo\": \"../catalog.jsonl\""),
            CatalogFolder.Line("Bell", "BELL-2"),
            CatalogFolder.Line("bell", "BELL-3"),
            new string(' ', SourceLines.LineBytesMax) + "{}",
            CatalogFolder.Line("Last", "LA-1"));
        folder.Photo("bell.gif", [.. "GIF89a"u8, 1]);
        folder.Photo("text.gif", Encoding.ASCII.GetBytes("no image"));

        var report = await shop.ImportAsync(folder.Path);

        Assert.Equal(
        [
            "2  Not a product in JSON: see $.name.",
            "4 WH-1 The price is missing.",
            "5 DR-1 The currency is none of ISO 4217.",
            "5 Drum None of its variants can be taken.",
            "6 BELL-1 This SKU comes twice in the file.",
            "6 Horn None of its variants can be taken.",
            "7 PI-1 The stock of a location is negative.",
            "7 Pipe None of its variants can be taken.",
            "8 missing.gif The photo is missing from the folder photos.",
            "9 text.gif The photo is no GIF, PNG, JPEG or WebP image.",
            "10 ../catalog.jsonl A photo is named by its file in the folder photos, without a path.",
            "12 bell Another product of this file has this name and category.",
            "13  The line is longer than 1048576 bytes.",
        ], report.Refused.Select(r => $"{r.Line} {r.What} {r.Reason}"));
        Assert.Equal(13, report.RefusedTotal);
        Assert.Equal((new(7, 0), new(7, 0), new(1, 0)), (report.Products, report.Variants, report.Photos));
        Assert.Equal("BELL-2", (await shop.GetAsync("/v1/products/bell-gear")).GetProperty("variants")[0].Text("sku"));
    }

    [Fact]
    public async Task A_SKU_of_another_product_of_the_shop_is_refused()
    {
        await shop.ImportLinesAsync(CatalogFolder.Line("Owner", "OWNED-1"));
        var report = await shop.ImportLinesAsync(CatalogFolder.Line("Thief", "OWNED-1"));
        Assert.Equal(["Another product of the shop has this SKU.", "None of its variants can be taken."], report.Refused.Select(r => r.Reason));
        Assert.Equal(default, report.Products);
    }

    [Fact]
    public async Task Stock_goes_to_the_locations_of_the_file_and_shipping_methods_are_found_by_their_code()
    {
        await fresh.ImportAsync(CatalogShop.Sample);
        var methods = (await fresh.GetAsync("/v1/shipping-methods")).GetProperty("items").EnumerateArray().ToDictionary(m => m.Text("code"));
        Assert.Equal(["cargo-transport-5", "overnight-j-fast", "overseas-deluxe", "xrq-truck-ground", "zy-express"], methods.Keys.Order());
        var express = methods["zy-express"];
        Assert.Equal((995, 199), (express.GetProperty("base").GetProperty("amount").GetInt32(), express.GetProperty("perKilogram").GetProperty("amount").GetInt32()));
    }

    static async Task<IEnumerable<string>> UsedPhotos()
    {
        var text = await File.ReadAllTextAsync(Path.Combine(CatalogShop.Sample, "catalog.jsonl"));
        return Directory.GetFiles(Path.Combine(CatalogShop.Sample, "photos")).Where(photo => text.Contains($"\"{Path.GetFileName(photo)}\"", StringComparison.Ordinal));
    }

    /// <summary>Tells at once, in the thread that reports.</summary>
    sealed class Telling(Action<ImportProgress> tell) : IProgress<ImportProgress>
    {
        public void Report(ImportProgress value) => tell(value);
    }
}
