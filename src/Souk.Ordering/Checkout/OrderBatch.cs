using System.Collections.Concurrent;
using Souk.Ordering.Inventory;
using Souk.Ordering.Orders;
using Souk.Platform.Idempotency;
using Placed = Souk.Platform.Data.Pending<Souk.Ordering.Checkout.Placement, Souk.Platform.Errors.Result<Souk.Ordering.Orders.StoredOrder>>;

namespace Souk.Ordering.Checkout;

/// <summary>
/// Writes the orders that wait, in one transaction, and answers each after the commit (docs/adr/0013-orders-are-written-together.md).
/// </summary>
/// <remarks>
/// <para>First as if nothing were in the way: one round trip, in which a constraint fires if something is. Then, or at once where stock is known to be short, under
/// locks: what is there is read, each order accepted or refused in the order they came, and the accepted ones written. An order whose own data fails is found
/// by writing each alone.</para>
/// <para>A connection that is lost leaves open whether the commit was made: it is ended, and then the keys are looked up before anybody is answered.</para>
/// </remarks>
internal sealed class OrderBatch(IOrderStore store, TimeProvider clock, ILogger<OrderBatch> log) : IDisposable
{
    /// <summary>Stock that was short when the order failed and is not when it is looked at; a lock that others hold: so often it is tried again.</summary>
    const int TriesMax = 3;

    /// <summary>How often, with a growing pause, a database that went away is asked what it kept.</summary>
    const int LookUpsMax = 5;

    /// <summary>Orders written alone at the same time.</summary>
    internal const int AloneMax = 4;

    /// <summary>So long after a variant was short, orders of it are decided under locks at once: trying without would mostly be in vain.</summary>
    static readonly TimeSpan TightTime = TimeSpan.FromSeconds(1);

    readonly SemaphoreSlim alone = new(AloneMax);
    readonly ConcurrentDictionary<VariantId, DateTimeOffset> tightUntil = [];

    public async Task RunAsync(IReadOnlyList<Placed> placed)
    {
        // A key twice, or a cart twice: the second one finds what the first has done.
        var (first, again) = (new List<Placed>(placed.Count), new List<Placed>());
        var (keys, carts) = (new HashSet<(Guid, string)>(), new HashSet<CartId>());
        foreach (var order in placed)
            (keys.Add((order.Item.Order.CustomerId, order.Item.Key)) && (order.Item.Cart is not var (cart, _) || carts.Add(cart)) ? first : again).Add(order);

        await WriteAsync(first);
        if (again.Count > 0) await RunAsync(again);
    }

    async Task WriteAsync(IReadOnlyList<Placed> placed)
    {
        try
        {
            if (IsTight(placed) || !await TryAtOnceAsync(placed)) await DecideAsync(placed);
        }
        catch (NpgsqlException lost) when (lost is not PostgresException || lost.IsShutdown())
        {
            log.LogWarning("The connection was lost while {Count} orders were written; looking up which of them were: {Reason}", placed.Count, lost.Message);
            await LookUpAsync(placed, lost);
        }
        catch (PostgresException)
        {
            WriteAlone(placed);
        }
    }

    /// <summary>False when a constraint or a lock of others stood in the way, and nothing was written.</summary>
    async Task<bool> TryAtOnceAsync(IReadOnlyList<Placed> placed)
    {
        try
        {
            await store.WriteAsync(Items(placed), clock.GetUtcNow(), isPatient: false);
        }
        catch (PostgresException no) when (IsRefusal(no) || IsConflict(no))
        {
            return false;
        }
        Succeed(placed);
        return true;
    }

    /// <summary>Reads under locks what is there, and decides in the order they came.</summary>
    async Task DecideAsync(IReadOnlyList<Placed> placed)
    {
        for (var (attempt, skipLocked) = (1, false); ; attempt++)
        {
            try
            {
                await DecideOnceAsync(placed, skipLocked);
                return;
            }
            catch (PostgresException held) when (held.SqlState == PostgresErrorCodes.LockNotAvailable && !skipLocked)
            {
                skipLocked = true;
            }
            catch (PostgresException rival) when (attempt < TriesMax && IsConflict(rival))
            {
            }
        }
    }

    async Task DecideOnceAsync(IReadOnlyList<Placed> placed, bool skipLocked)
    {
        var items = Items(placed);
        var variants = items.SelectMany(p => p.Units).Select(u => u.VariantId).Distinct().Order().Select(v => v.Value).ToArray();
        await using var locks = await store.LockAsync(items, variants, skipLocked);
        var (carts, keys, stock, held) = (locks.Carts, locks.Keys, locks.Stock, locks.Held);

        var (accepted, refused, apart) = (new List<Placed>(), new List<(Placed, Error)>(), new List<Placed>());
        foreach (var order in placed)
        {
            var (stored, cart, key) = (order.Item.Order, order.Item.Cart, order.Item.Key);
            if (keys.ContainsKey((stored.CustomerId, key))) refused.Add((order, IdempotencyKey.InProgress));   // and done: the caller looks the key up
            else if (locks.HeldKeys.Contains((stored.CustomerId, key))) apart.Add(order);
            else if (cart is var (id, _) && !carts.Contains(id.Value)) refused.Add((order, OrderErrors.CartChanged));
            else if (order.Item.Units.Any(u => held.Contains(u.VariantId))) apart.Add(order);
            else if (order.Item.Units.Where(u => u.Quantity > 0 && stock.GetValueOrDefault(u.VariantId) < u.Quantity).Select(u => u.VariantId).ToList() is { Count: > 0 } missing)
            {
                foreach (var variant in missing) tightUntil[variant] = clock.GetUtcNow() + TightTime;
                refused.Add((order, StockErrors.Insufficient(order.Item.LinesOf(missing))));
            }
            else
            {
                foreach (var (variant, quantity) in order.Item.Units) stock[variant] -= quantity;
                accepted.Add(order);
            }
        }

        if (accepted.Count > 0) await locks.WriteAsync(Items(accepted), clock.GetUtcNow());
        await locks.CommitAsync();
        Succeed(accepted);
        foreach (var (order, error) in refused) order.Succeed(error);
        WriteAlone(apart);
    }

    /// <summary>Each by itself and beside the batches, so that what is wrong with one, or held by others, concerns no other.</summary>
    void WriteAlone(IReadOnlyList<Placed> placed)
    {
        foreach (var order in placed) _ = RunAsync(order);

        async Task RunAsync(Placed order)
        {
            await alone.WaitAsync();
            try { order.Succeed(await WriteAloneAsync(order.Item)); }
            catch (Exception failure) { order.Fail(failure); }
            finally { alone.Release(); }
        }
    }

    async Task<Result<StoredOrder>> WriteAloneAsync(Placement placement)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await store.WriteAsync([placement], clock.GetUtcNow(), isPatient: true);
                return placement.Order;
            }
            catch (PostgresException no) when (OrderRows.KeyIsUsed(no))
            {
                var known = await store.FindKeysAsync([placement]);
                return known.TryGetValue((placement.Order.CustomerId, placement.Key), out var id) && id == placement.Order.Id ? placement.Order : IdempotencyKey.InProgress;
            }
            catch (PostgresException no) when (no.SqlState == PostgresErrorCodes.LockNotAvailable)
            {
                if (await store.IsKeyHeldAsync(placement)) return IdempotencyKey.InProgress;
                throw;
            }
            catch (PostgresException no) when (no.ConstraintName == OrderRows.CartIsUnchanged)
            {
                return OrderErrors.CartChanged;
            }
            catch (PostgresException no) when (IsRefusal(no))
            {
                var missing = await store.ShortAsync([.. placement.Units.Where(u => u.Quantity > 0).Select(u => (u.VariantId, u.Quantity))]);
                if (missing.Count > 0 || attempt == TriesMax) return StockErrors.Insufficient(placement.LinesOf(missing));
            }
        }
    }

    /// <summary>Answers those that were written; the rest is written alone, where its key tells if it had been after all.</summary>
    async Task LookUpAsync(IReadOnlyList<Placed> placed, NpgsqlException lost)
    {
        for (var attempt = 1; attempt <= LookUpsMax; attempt++)
        {
            try
            {
                await store.EndAsync(lost);
                var keys = await store.FindKeysAsync(Items(placed));
                var written = placed.ToLookup(p => keys.TryGetValue((p.Item.Order.CustomerId, p.Item.Key), out var id) && id == p.Item.Order.Id);
                Succeed(written[true]);
                WriteAlone([.. written[false]]);
                return;
            }
            catch (NpgsqlException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100 * attempt), clock);
            }
        }
        // Nobody knows now. The caller is told to ask again with the same key, which will tell.
        foreach (var order in placed) order.Fail(lost);
    }

    public void Dispose() => alone.Dispose();

    bool IsTight(IReadOnlyList<Placed> placed)
    {
        if (tightUntil.IsEmpty) return false;
        var now = clock.GetUtcNow();
        foreach (var (variant, until) in tightUntil)
            if (until <= now) tightUntil.TryRemove(variant, out _);
        return placed.Any(p => p.Item.Units.Any(u => u.Quantity > 0 && tightUntil.ContainsKey(u.VariantId)));
    }

    static void Succeed(IEnumerable<Placed> placed)
    {
        foreach (var order in placed) order.Succeed(order.Item.Order);
    }

    static List<Placement> Items(IReadOnlyList<Placed> placed) => [.. placed.Select(p => p.Item)];

    static bool IsRefusal(PostgresException no) => OrderRows.KeyIsUsed(no) || no.ConstraintName is OrderRows.CartIsUnchanged or ChangeStock.NotOversold or ChangeStock.WasStocked;

    static bool IsConflict(PostgresException no) =>
        no.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure;
}
