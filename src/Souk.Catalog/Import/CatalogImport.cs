using Souk.Catalog.Products;
using Souk.Contracts;
using Souk.Platform.Bus;

namespace Souk.Catalog.Import;

/// <summary>
/// Imports a catalogue folder (the form of samples/adventureworks): products, variants, reviews, categories, photos, list prices, stock, shipping methods.
/// What is there is found again by slug, SKU and path, so a second import changes nothing, and one that was stopped is simply run again. What the file does
/// not name stays. Nothing is half taken: a wrong product, variant or photo is left out and reported.
/// </summary>
/// <remarks>
/// Reads the file once, a line at a time. Every <see cref="ProductsInBatchMax"/> products commit together; their prices and stock follow in the modules
/// that own them, each in transactions of its own, and are set again by the next run should this one die in between.
/// </remarks>
public sealed class CatalogImport(NpgsqlDataSource db, IPricing pricing, IOrdering ordering, IBus bus, TimeProvider clock)
{
    public const int ProductsInBatchMax = 50;

    /// <summary>How often a batch is tried before the import fails.</summary>
    const int TriesMax = 5;

    /// <summary>Prices and stock levels handed over at once.</summary>
    const int HandOverMax = 1_000;

    /// <summary>Key of the advisory lock that lets one import run at a time.</summary>
    const long AdvisoryLock = 0x50_55_4B_49_4D_50;

    /// <param name="folder">Holds catalog.jsonl, and as far as there are any ship-methods.json and the folder photos.</param>
    /// <param name="progress">Told after every batch.</param>
    /// <exception cref="ImportException">The folder holds no catalog.jsonl, or another import is running.</exception>
    /// <exception cref="OperationCanceledException">Stopped; the batches before are stored.</exception>
    public async Task<ImportReport> RunAsync(string folder, IProgress<ImportProgress>? progress, CancellationToken cancel)
    {
        var path = Path.Combine(folder, ProductCheck.File);
        if (!File.Exists(path)) throw new ImportException($"There is no {ProductCheck.File} in {Path.GetFullPath(folder)}. Name a folder that holds one.");

        await using var connection = await db.OpenConnectionAsync(cancel);
        if (!await connection.QueryFirstAsync(TryLock, static row => row.GetBoolean(0), [AdvisoryLock], cancel))
            throw new ImportException("Another import is running. Wait until it has ended.");
        try { return await RunAsync(connection, folder, path, progress, cancel); }
        finally { await connection.ExecuteAsync(Unlock, [AdvisoryLock], CancellationToken.None); }
    }

    async Task<ImportReport> RunAsync(NpgsqlConnection connection, string folder, string path, IProgress<ImportProgress>? progress, CancellationToken cancel)
    {
        var refusals = new Refusals();
        var check = new ProductCheck(DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime), refusals);
        var photos = new PhotoFolder(Path.Combine(folder, "photos"), refusals);

        var methods = await ShipMethodsFile.ReadAsync(folder, refusals, cancel);
        var shipping = ImportCount.Of(methods.Count, await pricing.SetShippingMethodsAsync(methods, cancel));

        await using var file = File.OpenRead(path);
        var total = new Batch(default, default, default, default, default);
        var bytes = 0L;
        var waiting = new List<CheckedProduct>(ProductsInBatchMax);
        await foreach (var line in SourceLines.ReadAsync(file, cancel))
        {
            bytes = line.BytesRead;
            if (check.Check(line) is { } product) waiting.Add(product);
            if (waiting.Count == ProductsInBatchMax) await FlushAsync();
        }
        await FlushAsync();
        return new(total.Products, total.Variants, total.Reviews, photos.Count, total.Prices, total.StockLevels, shipping, refusals.Kept, refusals.Total);

        async Task FlushAsync()
        {
            cancel.ThrowIfCancellationRequested();
            if (waiting.Count > 0) total += await SaveAsync(connection, waiting, photos, refusals, cancel);
            waiting.Clear();
            progress?.Report(new(bytes, file.Length, total.Products.Taken + total.Products.Unchanged, refusals.Total));
        }
    }

    readonly record struct Batch(ImportCount Products, ImportCount Variants, ImportCount Reviews, ImportCount Prices, ImportCount StockLevels)
    {
        public static Batch operator +(Batch a, Batch b) =>
            new(a.Products + b.Products, a.Variants + b.Variants, a.Reviews + b.Reviews, a.Prices + b.Prices, a.StockLevels + b.StockLevels);
    }

    async Task<Batch> SaveAsync(NpgsqlConnection connection, IReadOnlyList<CheckedProduct> products, PhotoFolder photos, Refusals refusals, CancellationToken cancel)
    {
        foreach (var product in products)
            foreach (var photo in product.Variants.Select(v => v.Photo).OfType<string>())
                await photos.SaveAsync(connection, product.Line, photo, clock.GetUtcNow(), cancel);
        var saved = await SaveAsync(connection, products, photos, cancel);
        foreach (var (line, what, reason) in saved.Refused) refusals.Add(ProductCheck.File, line, what, reason);

        var (prices, levels) = (default(ImportCount), default(ImportCount));
        foreach (var some in saved.Variants.Select(v => new ListPrice(v.Id, v.Variant.Price)).Chunk(HandOverMax))
            prices += ImportCount.Of(some.Length, await pricing.SetListPricesAsync(some, cancel));
        foreach (var some in saved.Variants.SelectMany(v => v.Variant.Stock, (v, s) => new StockLevel(v.Id, s.Location, s.OnHand)).Chunk(HandOverMax))
        {
            var set = await ordering.SetStockAsync(some, cancel);
            levels += ImportCount.Of(some.Length, set.Changed);
            foreach (var promised in saved.Variants.Where(v => set.Promised.Contains(v.Id)))
                refusals.Add(ProductCheck.File, products.First(p => p.Variants.Contains(promised.Variant)).Line, promised.Variant.Sku,
                    "Fewer units would be on hand than are promised to orders; its stock stays as it was.");
        }
        return new(saved.Products, saved.VariantCount, saved.Reviews, prices, levels);
    }

    /// <summary>Prices and stock states that are shown meanwhile change the same products, in another order: whoever loses a deadlock tries again.</summary>
    async Task<SaveProducts.Saved> SaveAsync(NpgsqlConnection connection, IReadOnlyList<CheckedProduct> products, PhotoFolder photos, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var transaction = await connection.BeginTransactionAsync(cancel);
                var saved = await SaveProducts.RunAsync(connection, products, photos, clock, cancel);
                await transaction.CommitAsync(cancel);
                CatalogChanges.Tell(bus);
                return saved;
            }
            catch (PostgresException lost) when (lost.SqlState == PostgresErrorCodes.DeadlockDetected && attempt < TriesMax)
            {
                cancel.ThrowIfCancellationRequested();
            }
        }
    }

    const string TryLock = "SELECT pg_try_advisory_lock($1)";

    const string Unlock = "SELECT pg_advisory_unlock($1)";
}
