using Souk.Ordering.Orders;

namespace Souk.Ordering.Inventory;

/// <summary>So many units of a variant.</summary>
internal readonly record struct StockUnits(VariantId VariantId, int Quantity)
{
    /// <summary>
    /// The stock that lines of an order stand for, each variant once, in order of variant: kits as their components. Pure.
    /// </summary>
    /// <param name="held">What is reserved for them already: it is taken off, and what is held and not wanted any more comes back (negative).</param>
    public static IReadOnlyList<StockUnits> Of(IEnumerable<StoredOrder.Line> lines, IReadOnlyList<StockUnits>? held = null)
    {
        var units = new SortedDictionary<VariantId, int>();
        foreach (var line in lines)
        {
            if (line.Components is null) Add(line.VariantId, line.Quantity);
            else
                foreach (var component in line.Components) Add(component.VariantId, component.Quantity * line.Quantity);
        }
        foreach (var (variant, quantity) in held ?? []) Add(variant, -quantity);
        return [.. units.Where(u => u.Value != 0).Select(u => new StockUnits(u.Key, u.Value))];

        void Add(VariantId variant, int quantity) => units[variant] = units.GetValueOrDefault(variant) + quantity;
    }

    /// <summary>The sum over many orders, each variant once.</summary>
    public static IReadOnlyList<ChangeStock.Change> Reserving(IEnumerable<IReadOnlyList<StockUnits>> orders, int sign = 1) =>
        [.. orders.SelectMany(units => units).GroupBy(u => u.VariantId).OrderBy(g => g.Key).Select(g => new ChangeStock.Change(g.Key, 0, sign * g.Sum(u => u.Quantity)))];
}
