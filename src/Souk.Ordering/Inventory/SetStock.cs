using Souk.Contracts;

namespace Souk.Ordering.Inventory;

/// <summary>
/// Sets what lies at each location, for imports and counts: many levels at once, in one transaction. A level that is as told writes nothing; every
/// change is a movement.
/// </summary>
/// <remarks>
/// A variant whose shelf would hold less than is promised to orders keeps its levels and is named in the answer; the others are set.
/// </remarks>
internal static class SetStock
{
    public const int LevelsMax = 1_000, OnHandMax = 1_000_000_000, NameLengthMax = 200;

    public static async Task<StockSet> RunAsync(NpgsqlDataSource db, IReadOnlyList<StockLevel> levels, OrderingOptions options, TimeProvider clock, CancellationToken cancel)
    {
        Check(levels);
        if (levels.Count == 0) return new(0, []);
        var now = clock.GetUtcNow();
        await using var connection = await db.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var locations = await EnsureLocationsAsync(connection, [.. levels.Select(l => l.Location).Distinct().Order(StringComparer.Ordinal)], clock, cancel);
        Guid[] variants = [.. levels.Select(l => l.VariantId.Value).Distinct()];
        await connection.ExecuteAsync(Enter, [variants], cancel);

        var stock = (await connection.QueryAsync(LockStock, static row => (Id: row.GetGuid(0), OnHand: row.GetInt32(1), Reserved: row.GetInt32(2)), [variants], cancel))
            .ToDictionary(row => row.Id, row => (row.OnHand, row.Reserved));
        var before = (await connection.QueryAsync(Levels, static row => (Key: (row.GetGuid(0), row.GetGuid(1)), OnHand: row.GetInt32(2)), [variants], cancel))
            .ToDictionary(row => row.Key, row => row.OnHand);
        var (moves, promised) = Plan(levels, locations, before, stock, new("import", null, now));
        if (moves.Count > 0)
        {
            await using var batch = connection.CreateBatch();
            batch.AddStockChanges([.. moves.GroupBy(m => m.VariantId).Select(m => new ChangeStock.Change(m.Key, m.Sum(move => move.Delta), 0))], options, now);
            AddMoves(batch, moves);
            await batch.ExecuteNonQueryAsync(cancel);
        }
        await transaction.CommitAsync(cancel);
        return new(moves.Count, promised);
    }

    /// <param name="Id">Of the movement that will tell of it.</param>
    /// <param name="Delta">Zero for a level that is new and empty, which tells of no movement.</param>
    internal readonly record struct Move(Guid Id, VariantId VariantId, Guid LocationId, int Delta, Why Why);

    /// <param name="ActorId">The account or API key that does it; null for an import.</param>
    internal sealed record Why(string Reason, Guid? ActorId, DateTimeOffset At, string? Note = null);

    /// <summary>The moves that lead to the told levels. Pure.</summary>
    internal static (IReadOnlyList<Move> Moves, IReadOnlyList<VariantId> Promised) Plan(IReadOnlyList<StockLevel> levels, IReadOnlyDictionary<string, Guid> locations,
        IReadOnlyDictionary<(Guid, Guid), int> before, IReadOnlyDictionary<Guid, (int OnHand, int Reserved)> stock, Why why)
    {
        var (moves, promised) = (new List<Move>(), new List<VariantId>());
        foreach (var variant in levels.GroupBy(l => l.VariantId))
        {
            var wanted = (from level in variant
                          let location = locations[level.Location]
                          let key = (level.VariantId.Value, location)
                          let lay = before.GetValueOrDefault(key)
                          where lay != level.OnHand || !before.ContainsKey(key)
                          select new Move(Guid.CreateVersion7(why.At), level.VariantId, location, level.OnHand - lay, why)).ToList();
            var (onHand, reserved) = stock[variant.Key.Value];
            var after = onHand + wanted.Sum(m => (long)m.Delta);
            if (after < reserved || after > OnHandMax) promised.Add(variant.Key);
            else moves.AddRange(wanted);
        }
        return (moves, promised);
    }

    /// <summary>Levels and their movements, for moves of variants whose stock this transaction has locked.</summary>
    internal static NpgsqlBatch AddMoves(NpgsqlBatch batch, IReadOnlyList<Move> moves)
    {
        Guid[] variants = [.. moves.Select(m => m.VariantId.Value)], locations = [.. moves.Select(m => m.LocationId)];
        int[] deltas = [.. moves.Select(m => m.Delta)];
        return batch.Add(ChangeLevels, variants, locations, deltas)
            .Add(Remember, variants, moves.Select(m => m.Id).ToArray(), locations, deltas, moves.Select(m => m.Why.Reason).ToArray(),
                moves.Select(m => m.Why.ActorId).ToArray(), moves.Select(m => m.Why.At).ToArray(), moves.Select(m => m.Why.Note).ToArray());
    }

    static async Task<Dictionary<string, Guid>> EnsureLocationsAsync(NpgsqlConnection connection, string[] names, TimeProvider clock, CancellationToken cancel)
    {
        await connection.ExecuteAsync(AddLocations, [names.Select(_ => LocationId.New(clock).Value).ToArray(), names, clock.GetUtcNow()], cancel);
        return (await connection.QueryAsync(LocationsOf, static row => (Name: row.GetString(0), Id: row.GetGuid(1)), [names], cancel)).ToDictionary(row => row.Name, row => row.Id);
    }

    static void Check(IReadOnlyList<StockLevel> levels)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(levels.Count, LevelsMax, nameof(levels));
        if (levels.FirstOrDefault(l => l.OnHand is < 0 or > OnHandMax || l.Location is not { Length: > 0 and <= NameLengthMax }) is { } wrong)
            throw new ArgumentException($"{wrong.VariantId} cannot have {wrong.OnHand} units at '{wrong.Location}'.", nameof(levels));
        if (levels.DistinctBy(l => (l.VariantId, l.Location)).Count() < levels.Count)
            throw new ArgumentException("A variant has two levels at one location.", nameof(levels));
    }

    const string AddLocations = """
        INSERT INTO ordering.locations (id, name, created_at)
        SELECT id, name, $3 FROM unnest($1::uuid[], $2::text[]) AS given (id, name) ORDER BY name
        ON CONFLICT (name) DO NOTHING
        """;

    const string LocationsOf = "SELECT name, id FROM ordering.locations WHERE name = ANY($1)";

    internal const string Enter = """
        INSERT INTO ordering.stock (variant_id)
        SELECT variant_id FROM unnest($1::uuid[]) AS given (variant_id) ORDER BY variant_id
        ON CONFLICT DO NOTHING
        """;

    /// <summary>What lies there, and how much of it must: what is promised, but for what was sold beyond the shelf. A kit is given no level.</summary>
    internal const string LockStock = """
        SELECT variant_id, on_hand, CASE WHEN is_kit THEN 2147483647 ELSE greatest(reserved - oversold_max, 0) END
        FROM ordering.stock WHERE variant_id = ANY($1) ORDER BY variant_id FOR NO KEY UPDATE
        """;

    // Read after the stock rows are locked, so nobody changes them meanwhile.
    const string Levels = "SELECT variant_id, location_id, on_hand FROM ordering.stock_levels WHERE variant_id = ANY($1)";

    const string ChangeLevels = """
        -- The insert of a negative level would fail its CHECK even where the row exists, so what is there is updated and only the rest inserted.
        WITH moves AS (
            SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[]) AS m (variant_id, location_id, delta)
        ), changed AS (
            UPDATE ordering.stock_levels l SET on_hand = l.on_hand + m.delta, version = l.version + 1
            FROM moves m
            WHERE l.variant_id = m.variant_id AND l.location_id = m.location_id
            RETURNING l.variant_id, l.location_id
        )
        INSERT INTO ordering.stock_levels (variant_id, location_id, on_hand, version)
        SELECT variant_id, location_id, delta, 1 FROM moves WHERE (variant_id, location_id) NOT IN (SELECT variant_id, location_id FROM changed)
        """;

    const string Remember = """
        INSERT INTO ordering.stock_movements (variant_id, id, location_id, delta, reason, on_hand, actor_id, created_at, note)
        SELECT m.variant_id, m.id, m.location_id, m.delta, m.reason, l.on_hand, m.actor_id, m.moved_at, m.note
        FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::uuid[], $7::timestamptz[], $8::text[])
            AS m (variant_id, id, location_id, delta, reason, actor_id, moved_at, note)
        JOIN ordering.stock_levels l USING (variant_id, location_id)
        WHERE m.delta <> 0
        """;
}
