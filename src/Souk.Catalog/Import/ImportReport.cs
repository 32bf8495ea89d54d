namespace Souk.Catalog.Import;

/// <summary>How far an import is; told after every batch.</summary>
/// <param name="BytesRead">Of <paramref name="BytesTotal"/>, the length of catalog.jsonl.</param>
/// <param name="Products">Products stored or found unchanged so far.</param>
/// <param name="Refused">Things refused so far.</param>
public sealed record ImportProgress(long BytesRead, long BytesTotal, int Products, int Refused);

/// <summary>What an import did. Taken: new or changed. Unchanged: already there, equal in everything.</summary>
/// <param name="Refused">The first <see cref="RefusalsMax"/> refusals, in order of line.</param>
/// <param name="RefusedTotal">All refusals, also those not listed.</param>
public sealed record ImportReport(
    ImportCount Products, ImportCount Variants, ImportCount Reviews, ImportCount Photos, ImportCount Prices, ImportCount StockLevels, ImportCount ShippingMethods,
    IReadOnlyList<ImportRefusal> Refused, int RefusedTotal)
{
    /// <summary>More are counted, not kept: a file of another format would refuse every line.</summary>
    public const int RefusalsMax = 1_000;
}

public readonly record struct ImportCount(int Taken, int Unchanged)
{
    public static ImportCount operator +(ImportCount a, ImportCount b) => new(a.Taken + b.Taken, a.Unchanged + b.Unchanged);

    /// <summary>So many things, of which so many changed.</summary>
    public static ImportCount Of(int all, int taken) => new(taken, all - taken);
}

/// <summary>One thing that was left out, and why.</summary>
/// <param name="File">Relative to the imported folder.</param>
/// <param name="Line">From 1.</param>
/// <param name="What">The product, SKU, photo or method meant, as far as it could be read; else empty.</param>
/// <param name="Reason">A sentence for whoever keeps the file.</param>
public sealed record ImportRefusal(string File, int Line, string What, string Reason);

/// <summary>The folder holds no catalogue that could be imported; the message says what is missing.</summary>
public sealed class ImportException(string message) : Exception(message);
