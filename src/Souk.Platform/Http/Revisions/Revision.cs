using System.Globalization;

namespace Souk.Platform.Http.Revisions;

/// <summary>
/// A dated state of the API. Handlers know only the newest; what a route understood and answered before is put right on the way in and out by the route's
/// <see cref="Translation"/>s.
/// </summary>
/// <param name="Change">What changed for callers since the one before, in a sentence.</param>
public sealed record Revision(DateOnly Date, string Change)
{
    /// <summary>So long a revision is answered after its successor came.</summary>
    public const int MonthsKept = 24;

    public static readonly Revision First = new(new(2026, 11, 1), "The first.");

    public static readonly Revision ReasonsOfMovements = new(new(2026, 11, 28),
        "A stock movement's `reason` is `received`, `counted`, `damaged`, `lost`, `returned`, `import` or `other`, and it may carry a `note`. It was `found`, `count` or `correction` before.");

    /// <summary>Oldest first.</summary>
    public static readonly IReadOnlyList<Revision> All = [First, ReasonsOfMovements];

    public static Revision Newest => All[^1];

    /// <summary>As <c>Souk-Version</c> names it: 2026-11-01.</summary>
    public string Name { get; } = Date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>The one of this name, or null.</summary>
    public static Revision? Find(string name) => All.FirstOrDefault(revision => revision.Name == name);
}
