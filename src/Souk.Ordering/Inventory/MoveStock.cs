using Souk.Contracts;

namespace Souk.Ordering.Inventory;

/// <summary>Changes one level by staff's hand. What <see cref="SetStockLevel"/> and <see cref="AdjustStock"/> share: the locks, the guards and what their firing means.</summary>
internal static class MoveStock
{
    /// <summary>The same of a variant at a location, which must exist.</summary>
    public static async Task<Error?> LockAsync(NpgsqlConnection connection, ICatalog catalog, VariantId variant, LocationId location, CancellationToken cancel)
    {
        if (await connection.QueryFirstAsync(FindLocation, static _ => true, [location.Value], cancel) is false) return StockErrors.LocationNotFound;
        return await LockAsync(connection, catalog, variant, cancel);
    }

    /// <summary>Locks the variant's stock, made when it has none; call first in the transaction.</summary>
    public static async Task<Error?> LockAsync(NpgsqlConnection connection, ICatalog catalog, VariantId variant, CancellationToken cancel)
    {
        Guid[] variants = [variant.Value];
        if (await Stocked() == 0)
        {
            // Only what the catalogue knows is stocked, so that a slip of the pen makes no row for ever.
            if ((await catalog.VariantsAsync([variant], cancel)).Count == 0) return StockErrors.VariantNotFound;
            await connection.ExecuteAsync(SetStock.Enter, [variants], cancel);
            await Stocked();
        }
        return null;

        async Task<int> Stocked() => (await connection.QueryAsync(SetStock.LockStock, static row => row.GetInt32(1), [variants], cancel)).Count;
    }

    /// <summary>Moves units of a variant whose stock is locked; an error means that the transaction is lost.</summary>
    public static async Task<Error?> RunAsync(NpgsqlConnection connection, SetStock.Move move, OrderingOptions options, CancellationToken cancel)
    {
        try
        {
            await using var batch = connection.CreateBatch();
            batch.AddStockChanges([new(move.VariantId, move.Delta, 0)], options, move.Why.At);
            SetStock.AddMoves(batch, [move]);
            await batch.ExecuteNonQueryAsync(cancel);
            return null;
        }
        catch (PostgresException guard) when (guard.SqlState is PostgresErrorCodes.CheckViolation)
        {
            return guard.ConstraintName switch
            {
                ChangeStock.NotOversold => StockErrors.Promised,
                ChangeStock.KitHasNone => StockErrors.IsKit,
                ChangeStock.Countable or LevelGuard => move.Delta > 0 ? StockErrors.LevelTooHigh : StockErrors.LevelTooLow,
                _ => throw new InvalidOperationException($"The guard {guard.ConstraintName} is unknown here.", guard),
            };
        }
    }

    const string LevelGuard = "level_is_countable";

    const string FindLocation = "SELECT 1 FROM ordering.locations WHERE id = $1";
}
