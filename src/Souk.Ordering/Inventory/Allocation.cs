namespace Souk.Ordering.Inventory;

/// <summary>
/// The rule by which the units of an order are taken from locations when it is shipped; option <c>Ordering:Allocation</c> chooses one. Pure: it decides, and
/// whoever asks has locked what it decides about.
/// </summary>
internal interface IAllocation
{
    /// <summary>What to take where, so that every wish is met; a wish that the shelves cannot meet is left out whole.</summary>
    /// <param name="wanted">Each variant once, 1 unit or more.</param>
    /// <param name="shelves">What lies where, 1 unit or more.</param>
    /// <param name="country">Where the order goes, ISO 3166; null when it says nothing, or its customer was erased.</param>
    IReadOnlyList<Allocation.Take> Allocate(IReadOnlyList<StockUnits> wanted, IReadOnlyList<Allocation.Shelf> shelves, string? country, string? postalCode);
}

/// <summary>What allocation speaks of, and what its rules share.</summary>
internal static class Allocation
{
    public const string PriorityFirst = "priority", NearestFirst = "nearest";

    public sealed record Place(Guid LocationId, int Priority, string? Country, string? PostalCode);

    public readonly record struct Shelf(VariantId VariantId, Place Place, int OnHand);

    public readonly record struct Take(VariantId VariantId, Guid LocationId, int Quantity);

    public static IAllocation Of(string rule) => rule == NearestFirst ? new NearestFirst() : new PriorityFirst();

    /// <summary>Empties places in the order of their rank. Each variant by itself: an order may come from several places.</summary>
    public static IReadOnlyList<Take> Emptying<TRank>(IReadOnlyList<StockUnits> wanted, IReadOnlyList<Shelf> shelves, Func<Place, TRank> rankOf)
    {
        var takes = new List<Take>();
        foreach (var (variant, quantity) in wanted)
        {
            var ranked = shelves.Where(s => s.VariantId == variant).OrderBy(s => rankOf(s.Place)).ThenBy(s => s.Place.LocationId).ToList();
            if (ranked.Sum(s => (long)s.OnHand) < quantity) continue;
            var left = quantity;
            foreach (var shelf in ranked)
            {
                var taken = Math.Min(left, shelf.OnHand);
                takes.Add(new(variant, shelf.Place.LocationId, taken));
                if ((left -= taken) == 0) break;
            }
        }
        return takes;
    }
}

/// <summary>The location with the lowest priority first, whatever the order's address.</summary>
internal sealed class PriorityFirst : IAllocation
{
    public IReadOnlyList<Allocation.Take> Allocate(IReadOnlyList<StockUnits> wanted, IReadOnlyList<Allocation.Shelf> shelves, string? country, string? postalCode) =>
        Allocation.Emptying(wanted, shelves, static place => place.Priority);
}

/// <summary>
/// The nearest location first: of the same country, and there the one whose postal code begins most alike (codes are given out by region). Among equals, and for
/// an order without an address, the lowest priority.
/// </summary>
internal sealed class NearestFirst : IAllocation
{
    public IReadOnlyList<Allocation.Take> Allocate(IReadOnlyList<StockUnits> wanted, IReadOnlyList<Allocation.Shelf> shelves, string? country, string? postalCode) =>
        Allocation.Emptying(wanted, shelves, place => (Distance(place, country, postalCode), place.Priority));

    const int Abroad = int.MaxValue;

    /// <summary>Not a length: only that less is nearer.</summary>
    internal static int Distance(Allocation.Place place, string? country, string? postalCode)
    {
        if (country is null || place.Country != country) return Abroad;
        var (here, there) = (Letters(place.PostalCode), Letters(postalCode));
        return Abroad - 1 - here.Zip(there).TakeWhile(pair => pair.First == pair.Second).Count();
    }

    static IEnumerable<char> Letters(string? postalCode) => (postalCode ?? "").Where(char.IsAsciiLetterOrDigit).Select(char.ToUpperInvariant);
}
