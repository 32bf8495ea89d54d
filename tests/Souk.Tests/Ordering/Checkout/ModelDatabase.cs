using Souk.Ordering.Checkout;
using Souk.Ordering.Inventory;
using CartId = Souk.Platform.Ids.Id<Souk.Contracts.CartKind>;
using OrderId = Souk.Platform.Ids.Id<Souk.Contracts.OrderKind>;
using VariantId = Souk.Platform.Ids.Id<Souk.Contracts.VariantKind>;

namespace Souk.Tests.Ordering.Checkout;

/// <summary>
/// What PostgreSQL does for the writer of orders, in memory and in small steps: rows are locked one by one, a lock may be waited for in vain, constraints
/// fire, and a connection is lost at any step, so that its transaction was undone, was committed, or goes on without anybody who listens.
/// </summary>
sealed class ModelDatabase(SeededScheduler steps, double lossChance) : IOrderStore
{
    /// <summary>Of giving up on a lock, at each look at it.</summary>
    const double ImpatienceChance = 0.05;

    /// <summary>About so many steps a write takes, in each of which it may be lost.</summary>
    const int StepsOfAWrite = 10;

    readonly Dictionary<object, Transaction> locks = [];

    /// <summary>By customer and key.</summary>
    public Dictionary<(Guid, string), Placement> Orders { get; } = [];
    public Dictionary<Guid, (int Version, bool IsOrdered)> Carts { get; } = [];
    public Dictionary<VariantId, (int OnHand, int Reserved)> Stock { get; } = [];

    /// <summary>What could be sold of each variant, and since which step.</summary>
    public List<(int Step, VariantId Variant, int Available)> Availability { get; } = [];

    /// <summary>No more connections are lost.</summary>
    public bool IsCalm { get; set; }

    /// <summary>How long a lock is waited for: for a while, or as long as it takes.</summary>
    enum Patience { Some, Any }

    public sealed class Transaction
    {
        public List<object> Held { get; } = [];
        public object? WaitsFor { get; set; }
        public Action? Effects { get; set; }

        /// <summary>Somebody asked that it should end.</summary>
        public bool IsEnded { get; set; }

        /// <summary>Committed or undone.</summary>
        public bool IsOver { get; set; }
    }

    public async Task WriteAsync(IReadOnlyList<Placement> placements, DateTimeOffset now, bool isPatient)
    {
        await LosableAsync();
        var transaction = new Transaction();
        var writing = WriteAndCommitAsync();
        // At any step the shop may hear no more of it, while it goes on or waits for others.
        while (!writing.IsCompleted)
        {
            if (!IsCalm && steps.Chance(lossChance / StepsOfAWrite))
            {
                _ = writing.ContinueWith(static ended => _ = ended.Exception, TaskScheduler.Default);
                throw Lost(transaction);
            }
            await steps.YieldAsync();
        }
        await writing;
        await LosableAsync();

        async Task WriteAndCommitAsync()
        {
            try
            {
                await ApplyAsync(transaction, placements, isPatient ? Patience.Any : Patience.Some);
                await steps.YieldAsync();
                if (transaction.IsEnded) throw Lost();
                Commit(transaction);
            }
            finally
            {
                transaction.IsOver = true;
                Release(transaction);
            }
        }
    }

    /// <summary>A transaction that goes on without its connection looks up at its next step.</summary>
    public async Task EndAsync(NpgsqlException lost)
    {
        await LosableAsync();
        if (lost.Data[nameof(Transaction)] is not Transaction transaction) return;
        transaction.IsEnded = true;
        while (!transaction.IsOver) await steps.YieldAsync();
    }

    public async Task<IOrderLocks> LockAsync(IReadOnlyList<Placement> placements, Guid[] variants, bool skipLocked)
    {
        var transaction = new Transaction();
        try
        {
            await LosableAsync();
            HashSet<(Guid Customer, string Key)> heldKeys = skipLocked ? [.. placements.Select(KeyOf).Where(key => locks.ContainsKey(key))] : [];
            await LockKeysAsync(transaction, [.. placements.Where(p => !heldKeys.Contains(KeyOf(p)))], Patience.Some);
            await LosableAsync();
            foreach (var cart in CartsOf(placements)) await LockAsync(transaction, cart.Cart!.Value.Id, Patience.Some);
            HashSet<Guid> carts = [.. CartsOf(placements).Where(p => Carts[p.Cart!.Value.Id.Value] == (p.Cart!.Value.Version, false)).Select(p => p.Cart!.Value.Id.Value)];
            await LosableAsync();
            var keys = await FindKeysAsync(placements);
            var (stock, held) = (new Dictionary<VariantId, int>(), new HashSet<VariantId>());
            foreach (var variant in variants.Select(v => new VariantId(v)))
            {
                if (skipLocked && locks.ContainsKey(variant)) held.Add(variant);
                else
                {
                    await LockAsync(transaction, variant, Patience.Some);
                    stock[variant] = Stock[variant].OnHand - Stock[variant].Reserved;
                }
            }
            await LosableAsync();
            return new Locks(this, transaction) { HeldKeys = heldKeys, Carts = carts, Keys = keys, Stock = stock, Held = held };
        }
        catch
        {
            Release(transaction);
            throw;
        }
    }

    public async Task<Dictionary<(Guid Customer, string Key), OrderId>> FindKeysAsync(IReadOnlyList<Placement> placements)
    {
        await LosableAsync();
        return placements.Select(p => (p.Order.CustomerId, p.Key)).Distinct().Where(Orders.ContainsKey).ToDictionary(key => key, key => Orders[key].Order.Id);
    }

    public async Task<IReadOnlyList<VariantId>> ShortAsync(IReadOnlyList<(VariantId VariantId, int Quantity)> wanted)
    {
        await LosableAsync();
        return [.. wanted.Where(w => Stock[w.VariantId].OnHand - Stock[w.VariantId].Reserved < w.Quantity).Select(w => w.VariantId)];
    }

    /// <summary>Changes stock as staff and cancellations do: in order of variant. False when a guard says no.</summary>
    public async Task<bool> ChangeStockAsync(IReadOnlyList<(VariantId Variant, int OnHand, int Reserved)> changes)
    {
        var transaction = new Transaction();
        try
        {
            foreach (var change in changes.OrderBy(c => c.Variant)) await LockAsync(transaction, change.Variant, Patience.Any);
            if (changes.Any(c => Stock[c.Variant] is var s && (s.Reserved + c.Reserved < 0 || s.Reserved + c.Reserved > s.OnHand + c.OnHand))) return false;
            transaction.Effects = () => { foreach (var (variant, onHand, reserved) in changes) Set(variant, onHand, reserved); };
            await steps.YieldAsync();
            Commit(transaction);
            return true;
        }
        finally
        {
            Release(transaction);
        }
    }

    public async Task ChangeCartAsync(Guid cart)
    {
        var transaction = new Transaction();
        await LockAsync(transaction, new CartId(cart), Patience.Any);
        if (Carts[cart] is { IsOrdered: false } open) Carts[cart] = (open.Version + 1, false);
        Release(transaction);
    }

    public async Task<bool> IsKeyHeldAsync(Placement placement)
    {
        await LosableAsync();
        return locks.ContainsKey(KeyOf(placement));
    }

    static (Guid Customer, string Key) KeyOf(Placement placement) => (placement.Order.CustomerId, placement.Key);

    /// <summary>One step nearer to being sold out, or away from it.</summary>
    public void Set(VariantId variant, int onHand, int reserved)
    {
        var now = Stock.GetValueOrDefault(variant);
        Stock[variant] = (now.OnHand + onHand, now.Reserved + reserved);
        Assert.InRange(Stock[variant].Reserved, 0, Stock[variant].OnHand);
        Availability.Add((steps.Now, variant, Stock[variant].OnHand - Stock[variant].Reserved));
    }

    // ---- Inside a transaction: keys, carts, stock; each in its order. ----

    async Task ApplyAsync(Transaction transaction, IReadOnlyList<Placement> placements, Patience patience)
    {
        await LockKeysAsync(transaction, placements, patience);
        foreach (var order in CartsOf(placements))
        {
            var (cart, version) = order.Cart!.Value;
            await LockAsync(transaction, cart, patience);
            if (Carts[cart.Value] != (version, false)) throw Refused(PostgresErrorCodes.CheckViolation, OrderRows.CartIsUnchanged);
        }
        if (placements.Any(p => Orders.ContainsKey((p.Order.CustomerId, p.Key)))) throw Refused(PostgresErrorCodes.UniqueViolation, "orders_key_is_used");
        var wanted = placements.SelectMany(p => p.Units).GroupBy(l => l.VariantId).OrderBy(l => l.Key).Select(l => (Variant: l.Key, Quantity: l.Sum(line => line.Quantity))).ToList();
        foreach (var (variant, quantity) in wanted) await LockAsync(transaction, variant, patience);
        if (wanted.Any(w => Stock[w.Variant].OnHand - Stock[w.Variant].Reserved < w.Quantity)) throw Refused(PostgresErrorCodes.CheckViolation, ChangeStock.NotOversold);
        transaction.Effects += () =>
        {
            foreach (var order in placements) Orders.Add((order.Order.CustomerId, order.Key), order);
            foreach (var order in CartsOf(placements)) Carts[order.Cart!.Value.Id.Value] = (order.Cart.Value.Version + 1, true);
            foreach (var (variant, quantity) in wanted) Set(variant, 0, quantity);
        };
    }

    async Task LockKeysAsync(Transaction transaction, IReadOnlyList<Placement> placements, Patience patience)
    {
        foreach (var key in placements.Select(KeyOf).Distinct().Order()) await LockAsync(transaction, key, patience);
    }

    async Task LockAsync(Transaction transaction, object row, Patience patience)
    {
        while (locks.TryGetValue(row, out var holder) && holder != transaction)
        {
            if (transaction.IsEnded) throw Lost();
            transaction.WaitsFor = row;
            // With one order of locks there is never a circle, so that PostgreSQL has none to break.
            Assert.False(IsInCircle(transaction), "A deadlock: transactions wait for each other.");
            if (patience == Patience.Some && steps.Chance(ImpatienceChance))
            {
                transaction.WaitsFor = null;
                throw Refused(PostgresErrorCodes.LockNotAvailable, null);
            }
            await steps.YieldAsync();
        }
        transaction.WaitsFor = null;
        if (transaction.IsEnded) throw Lost();
        if (locks.TryAdd(row, transaction)) transaction.Held.Add(row);
        await steps.YieldAsync();
    }

    /// <summary>Waits for somebody who waits, and so on, for itself.</summary>
    bool IsInCircle(Transaction transaction)
    {
        for (var at = transaction; at is { WaitsFor: { } row }; at = locks.GetValueOrDefault(row))
            if (locks.GetValueOrDefault(row) == transaction) return true;
        return false;
    }

    void Release(Transaction transaction)
    {
        foreach (var row in transaction.Held) locks.Remove(row);
        transaction.Held.Clear();
    }

    static void Commit(Transaction transaction) => transaction.Effects?.Invoke();

    /// <summary>A message between the shop and its database, which may not arrive.</summary>
    async Task LosableAsync()
    {
        await steps.YieldAsync();
        if (!IsCalm && steps.Chance(lossChance)) throw Lost();
    }

    static IEnumerable<Placement> CartsOf(IReadOnlyList<Placement> placements) => placements.Where(p => p.Cart is not null).OrderBy(p => p.Order.CustomerId).ThenBy(p => p.Cart!.Value.Id);

    static NpgsqlException Lost(Transaction? transaction = null)
    {
        var lost = new NpgsqlException("The connection was lost.");
        if (transaction is not null) lost.Data[nameof(Transaction)] = transaction;
        return lost;
    }

    static PostgresException Refused(string state, string? constraint) => new("refused", "ERROR", "ERROR", state, constraintName: constraint);

    sealed class Locks(ModelDatabase database, Transaction transaction) : IOrderLocks
    {
        public required IReadOnlySet<(Guid Customer, string Key)> HeldKeys { get; init; }
        public required IReadOnlySet<Guid> Carts { get; init; }
        public required IReadOnlyDictionary<(Guid Customer, string Key), OrderId> Keys { get; init; }
        public required Dictionary<VariantId, int> Stock { get; init; }
        public required IReadOnlySet<VariantId> Held { get; init; }

        public async Task WriteAsync(IReadOnlyList<Placement> placements, DateTimeOffset now)
        {
            await database.LosableAsync();
            await database.ApplyAsync(transaction, placements, Patience.Some);
        }

        public async Task CommitAsync()
        {
            await database.LosableAsync();
            Commit(transaction);
            database.Release(transaction);
            await database.LosableAsync();
        }

        public ValueTask DisposeAsync()
        {
            database.Release(transaction);
            return ValueTask.CompletedTask;
        }
    }
}
