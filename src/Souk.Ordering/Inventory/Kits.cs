using System.Collections.Frozen;
using Souk.Platform.Bus;

namespace Souk.Ordering.Inventory;

/// <summary>
/// All kits and what they are made of, in memory, so that an order of a kit is taken apart without a look into the database. Read anew when one was changed
/// here, when another node hints that it did, and when it is <see cref="AgeMax"/> old.
/// </summary>
/// <remarks>
/// A node that has not heard of a change yet can do no harm: a kit that it takes for a plain variant has no stock and is refused, and an order keeps the
/// components that it was sold with.
/// </remarks>
internal sealed class Kits : IDisposable
{
    static readonly TimeSpan AgeMax = TimeSpan.FromSeconds(2);

    const string Topic = "ordering.kits-changed";

    readonly NpgsqlDataSource db;
    readonly IBus bus;
    readonly TimeProvider clock;
    readonly IDisposable subscription;
    readonly SemaphoreSlim reading = new(1);

    /// <summary>Counts changes heard of. What was read before the latest is not kept.</summary>
    int changes;

    Known? known;

    sealed record Known(int Changes, long ReadAt, FrozenDictionary<VariantId, IReadOnlyList<StockUnits>> Components);

    public Kits(NpgsqlDataSource db, IBus bus, TimeProvider clock)
    {
        (this.db, this.bus, this.clock) = (db, bus, clock);
        subscription = bus.Subscribe(Topic, _ => Interlocked.Increment(ref changes));
    }

    /// <summary>What each kit is made of; a variant that is none is not in it.</summary>
    public async ValueTask<FrozenDictionary<VariantId, IReadOnlyList<StockUnits>>> AllAsync(CancellationToken cancel)
    {
        if (Fresh() is { } fresh) return fresh;
        await reading.WaitAsync(cancel);
        try
        {
            if (Fresh() is { } other) return other;
            var (before, at) = (Volatile.Read(ref changes), clock.GetTimestamp());
            var rows = await db.QueryAsync(Find, static row => (Kit: new VariantId(row.GetGuid(0)), Component: new StockUnits(new(row.GetGuid(1)), row.GetInt32(2))), [], cancel);
            known = new(before, at, rows.GroupBy(r => r.Kit).ToFrozenDictionary(g => g.Key, IReadOnlyList<StockUnits> (g) => [.. g.Select(r => r.Component)]));
            return known.Components;
        }
        finally
        {
            reading.Release();
        }
    }

    FrozenDictionary<VariantId, IReadOnlyList<StockUnits>>? Fresh() =>
        Volatile.Read(ref known) is { } last && last.Changes == Volatile.Read(ref changes) && clock.GetElapsedTime(last.ReadAt) < AgeMax ? last.Components : null;

    /// <summary>Call it after the commit of a change.</summary>
    public void Tell()
    {
        Interlocked.Increment(ref changes);
        bus.Publish(Topic, "");
    }

    public void Dispose()
    {
        subscription.Dispose();
        reading.Dispose();
    }

    const string Find = "SELECT kit_id, variant_id, quantity FROM ordering.kit_components ORDER BY kit_id, variant_id";
}
