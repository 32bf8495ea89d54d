using Souk.Contracts;

namespace Souk.Ordering.Inventory;

/// <summary>Stock states as the database spells them.</summary>
internal static class StockStates
{
    public static string Write(StockState state) => state switch
    {
        StockState.InStock => "in_stock",
        StockState.Low => "low",
        StockState.Backorder => "backorder",
        _ => "out",
    };

    public static StockState Read(string text) => text switch
    {
        "in_stock" => StockState.InStock,
        "low" => StockState.Low,
        "backorder" => StockState.Backorder,
        _ => StockState.Out,
    };
}
