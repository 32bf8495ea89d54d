using Souk.Contracts;

namespace Souk.Catalog.Products;

/// <summary>Stock states as the database spells them.</summary>
internal static class StockStates
{
    public static string Write(StockState state) => state switch
    {
        StockState.InStock => "in_stock",
        StockState.Low => "low",
        StockState.Out => "out",
        StockState.Backorder => "backorder",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "An unknown stock state."),
    };

    /// <summary>What nobody told about has no stock.</summary>
    public static StockState Read(string? text) => text switch
    {
        "in_stock" => StockState.InStock,
        "low" => StockState.Low,
        "backorder" => StockState.Backorder,
        _ => StockState.Out,
    };
}
