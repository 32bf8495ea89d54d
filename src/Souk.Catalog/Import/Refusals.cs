namespace Souk.Catalog.Import;

/// <summary>Collects what one import refuses: counts all, keeps the first <see cref="ImportReport.RefusalsMax"/>.</summary>
internal sealed class Refusals
{
    readonly List<ImportRefusal> kept = [];

    public int Total { get; private set; }

    public IReadOnlyList<ImportRefusal> Kept => [.. kept.OrderBy(r => r.File, StringComparer.Ordinal).ThenBy(r => r.Line)];

    public void Add(string file, int line, string what, string reason)
    {
        Total++;
        if (kept.Count < ImportReport.RefusalsMax) kept.Add(new(file, line, Readable(what), reason));
    }

    /// <summary>What comes from a file may hold anything; a terminal must survive the report.</summary>
    static string Readable(string text) => string.Concat(text.Where(c => !char.IsControl(c)).Take(80));
}
