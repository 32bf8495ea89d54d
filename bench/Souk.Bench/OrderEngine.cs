using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Souk.Ordering;
using Souk.Ordering.Checkout;
using Souk.Ordering.Orders;
using Souk.Platform.Data;
using Souk.Platform.Errors;

namespace Souk.Bench;

/// <summary>What being written together with others costs who is alone: one order after the other through the engine, beside the same call without it.</summary>
internal static class OrderEngine
{
    public const string Name = "order-engine-alone";

    static readonly byte[] Fingerprint = new byte[32];

    public static async Task<Result> MeasureAsync(BenchShop shop, BenchSettings settings)
    {
        await using var batches = BatchDatabase.Connect(shop.ConnectionString);
        var store = new OrderStore(batches, OrderingOptions.Read(new ConfigurationBuilder().Build()));
        using var batch = new OrderBatch(store, TimeProvider.System, NullLogger<OrderBatch>.Instance);
        var engine = new NaturalBatches<Placement, Result<StoredOrder>>(batch.RunAsync, WriteOrder.Lanes, WriteOrder.OrdersMax);
        return await Result.MeasureAsync(Name, shop, settings,
            () => OneAfterTheOtherAsync(settings.Seconds, async order => !(await engine.TryAdd(order)!).Refused(out _, out _)),
            async () => (await OneAfterTheOtherAsync(settings.Seconds, async order =>
            {
                await store.WriteAsync([order], TimeProvider.System.GetUtcNow(), isPatient: false);
                return true;
            })).PerSecond, "the same call without the engine");
    }

    static async Task<Load> OneAfterTheOtherAsync(int seconds, Func<Placement, Task<bool>> write)
    {
        var (took, errors, clock) = (new List<double>(), 0, Stopwatch.StartNew());
        while (clock.Elapsed.TotalSeconds < seconds)
        {
            var order = NewOrder();
            var began = Stopwatch.GetTimestamp();
            if (await write(order)) took.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            else errors++;
        }
        return Load.Of(took, clock.Elapsed.TotalSeconds, errors);
    }

    /// <summary>Two lines, of the stock that pgbench takes from too.</summary>
    static Placement NewOrder()
    {
        var now = TimeProvider.System.GetUtcNow();
        var (first, name) = (Random.Shared.Next(1, 5_001), $"{Guid.NewGuid():n}".ToUpperInvariant());
        StoredOrder.Line[] lines = [Line(first), Line(first + 5_000)];
        return new(new(Guid.NewGuid(), new(Guid.CreateVersion7()), $"{name[..4]}-{name[4..8]}", Fingerprint, lines, "USD", 2_000, 0, 0, 178, 2_178, null, null, null, null,
            now, now + TimeSpan.FromMinutes(15), OrderStatus.Placed, null, null, null, 1), Cart: null, name);
    }

    static StoredOrder.Line Line(int number) => new(new(Guid.Parse(FormattableString.Invariant($"00000000-0000-7000-8000-{number:000000000000}"))), $"B-{number}", $"Thing {number}", 1, 1_000, 1_000);
}
