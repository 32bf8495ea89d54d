using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Souk.Ordering;
using Souk.Ordering.Checkout;
using Souk.Ordering.Orders;
using Souk.Platform.Data;
using Souk.Platform.Errors;

namespace Souk.Bench;

/// <summary>
/// The engine that writes orders, in a process of its own, without HTTP and prices: beside the same orders, the same statements and the same relay, inbox and expiry, but a transaction
/// for each order. One order after the other tells what being written together costs who is alone; many at once, over ten thousand variants and over one, what it gains.
/// </summary>
internal static class OrderEngine
{
    public static readonly string[] Names = ["order-engine-alone", "order-engine-spread", "order-engine-hot"];

    /// <summary>Who ask at once, each for one order after the other.</summary>
    const int Askers = 64;

    const int Variants = 10_000;

    static readonly byte[] Fingerprint = new byte[32];

    public static async Task<Result> MeasureAsync(string name, BenchShop shop, BenchSettings settings)
    {
        var (isAlone, isHot) = (name == Names[0], name == Names[2]);
        await using var batches = BatchDatabase.Connect(shop.ConnectionString);
        var store = new OrderStore(batches, OrderingOptions.Read(new ConfigurationBuilder().Build()));
        using var batch = new OrderBatch(store, TimeProvider.System, NullLogger<OrderBatch>.Instance);
        var engine = new NaturalBatches<Placement, Result<StoredOrder>>(batch.RunAsync, WriteOrder.Lanes, WriteOrder.OrdersMax);
        return await Result.MeasureAsync(name, shop, settings,
            () => RunAsync(isAlone ? 1 : Askers, isHot, settings.Seconds, async order => !(await engine.TryAdd(order)!).Refused(out _, out _)),
            async () =>
            {
                var best = 0.0;
                foreach (var clients in isAlone ? [1] : (int[])[4, 8, BatchDatabase.ConnectionsMax])
                    best = Math.Max(best, (await RunAsync(clients, isHot, isAlone ? settings.Seconds : Math.Max(2, settings.Seconds / 2), async order =>
                    {
                        await store.WriteAsync([order], TimeProvider.System.GetUtcNow(), isPatient: false);
                        return true;
                    })).PerSecond);
                return best;
            }, isAlone ? "the same call without the engine" : "one transaction an order, best client count");
    }

    static async Task<Load> RunAsync(int askers, bool isHot, int seconds, Func<Placement, Task<bool>> write)
    {
        var (took, errors, clock) = (new List<double>[askers], 0L, Stopwatch.StartNew());
        await Task.WhenAll(Enumerable.Range(0, askers).Select(asker => Task.Run(async () =>
        {
            var mine = took[asker] = [];
            while (clock.Elapsed.TotalSeconds < seconds)
            {
                var order = NewOrder(isHot);
                var began = Stopwatch.GetTimestamp();
                if (await write(order)) mine.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                else Interlocked.Increment(ref errors);
            }
        })));
        return Load.Of(took.SelectMany(t => t), clock.Elapsed.TotalSeconds, errors);
    }

    /// <summary>Two units, of the stock that pgbench takes from too.</summary>
    static Placement NewOrder(bool isHot)
    {
        var now = TimeProvider.System.GetUtcNow();
        var (first, name) = (Random.Shared.Next(1, Variants / 2 + 1), $"{Guid.NewGuid():n}".ToUpperInvariant());
        StoredOrder.Line[] lines = isHot ? [Line(1, 2)] : [Line(first, 1), Line(first + Variants / 2, 1)];
        return new(new(Guid.NewGuid(), new(Guid.CreateVersion7()), $"{name[..4]}-{name[4..8]}", Fingerprint, lines, "USD", 2_000, 0, 0, 178, 2_178, null, null, null, null,
            now, now + TimeSpan.FromMinutes(15), OrderStatus.Placed, null, null, null, 1), Cart: null, name);
    }

    static StoredOrder.Line Line(int number, int quantity) => new(new(Guid.Parse(FormattableString.Invariant($"00000000-0000-7000-8000-{number:000000000000}"))), $"B-{number}",
        $"Thing {number}", quantity, 1_000, 1_000 * quantity);
}
