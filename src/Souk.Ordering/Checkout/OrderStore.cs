using Souk.Ordering.Inventory;

namespace Souk.Ordering.Checkout;

/// <summary>
/// The database as the writer of orders meets it. Every step may fail by a constraint or a lock (<see cref="PostgresException"/>), or lose its connection
/// (any other <see cref="NpgsqlException"/>): then nobody knows what became of it.
/// </summary>
internal interface IOrderStore
{
    /// <summary>Makes sure that what a lost connection was doing is done or undone, and will not go on.</summary>
    Task EndAsync(NpgsqlException lost);

    /// <summary>Writes the orders, each with another key and cart, as one transaction: all of them or none.</summary>
    /// <param name="isPatient">Waits for a lock as long as any request does, not only as long as a batch may.</param>
    Task WriteAsync(IReadOnlyList<Placement> placements, DateTimeOffset now, bool isPatient);

    /// <summary>Begins a transaction that holds the keys and carts of these orders and this stock, and tells what they are.</summary>
    /// <param name="skipLocked">Leaves out keys and stock that others hold, rather than waiting for them.</param>
    Task<IOrderLocks> LockAsync(IReadOnlyList<Placement> placements, Guid[] variants, bool skipLocked);

    /// <summary>Of these customers' keys, those that have an order, and which.</summary>
    Task<Dictionary<(Guid Customer, string Key), OrderId>> FindKeysAsync(IReadOnlyList<Placement> placements);

    /// <summary>Somebody is about to write an order with this key.</summary>
    Task<bool> IsKeyHeldAsync(Placement placement);

    /// <summary>Of these wishes, those that cannot be met at this moment.</summary>
    Task<IReadOnlyList<VariantId>> ShortAsync(IReadOnlyList<(VariantId VariantId, int Quantity)> wanted);
}

/// <summary>A transaction that holds what orders need. Disposed without a commit it has done nothing.</summary>
internal interface IOrderLocks : IAsyncDisposable
{
    /// <summary>Carts that are still as they were read.</summary>
    IReadOnlySet<Guid> Carts { get; }

    /// <summary>Keys that others hold.</summary>
    IReadOnlySet<(Guid Customer, string Key)> HeldKeys { get; }

    /// <summary>Keys that have an order.</summary>
    IReadOnlyDictionary<(Guid Customer, string Key), OrderId> Keys { get; }

    /// <summary>Units of each variant that can be sold; of those that are held here.</summary>
    Dictionary<VariantId, int> Stock { get; }

    /// <summary>Variants that others hold.</summary>
    IReadOnlySet<VariantId> Held { get; }

    Task WriteAsync(IReadOnlyList<Placement> placements, DateTimeOffset now);

    Task CommitAsync();
}

/// <summary>PostgreSQL.</summary>
internal sealed class OrderStore(BatchDatabase batches, OrderingOptions options) : IOrderStore
{
    readonly NpgsqlDataSource db = batches.Source;

    public Task EndAsync(NpgsqlException lost) => batches.EndAsync(lost);

    public async Task WriteAsync(IReadOnlyList<Placement> placements, DateTimeOffset now, bool isPatient)
    {
        await using var connection = await db.OpenConnectionAsync(CancellationToken.None);
        await NotingAsync(connection.ProcessID, () => OrderRows.WriteAsync(connection, placements, options, now, isPatient));
    }

    public async Task<IOrderLocks> LockAsync(IReadOnlyList<Placement> placements, Guid[] variants, bool skipLocked)
    {
        var connection = await db.OpenConnectionAsync(CancellationToken.None);
        NpgsqlTransaction? transaction = null;
        try
        {
            transaction = await connection.BeginTransactionAsync();
            var heldKeys = await OrderRows.LockKeysAsync(connection, placements, skipLocked);
            var carts = await OrderRows.LockCartsAsync(connection, placements);
            var keys = await OrderRows.FindKeysAsync(connection, placements);
            var stock = await connection.LockStockAsync(variants, options, skipLocked);
            HashSet<VariantId> held = skipLocked ? [.. (await ChangeStock.StockedAsync(connection, variants)).Where(v => !stock.ContainsKey(v))] : [];
            return new Locks(connection, transaction, options) { HeldKeys = heldKeys, Carts = carts, Keys = keys, Stock = stock, Held = held };
        }
        catch
        {
            if (transaction is not null) await transaction.DisposeAsync();
            await connection.DisposeAsync();
            throw;
        }
    }

    public async Task<Dictionary<(Guid Customer, string Key), OrderId>> FindKeysAsync(IReadOnlyList<Placement> placements)
    {
        await using var connection = await db.OpenConnectionAsync(CancellationToken.None);
        return await OrderRows.FindKeysAsync(connection, placements);
    }

    public async Task<bool> IsKeyHeldAsync(Placement placement)
    {
        await using var connection = await db.OpenConnectionAsync(CancellationToken.None);
        return (await OrderRows.LockKeysAsync(connection, [placement], skipLocked: true)).Count > 0;
    }

    public Task<IReadOnlyList<VariantId>> ShortAsync(IReadOnlyList<(VariantId VariantId, int Quantity)> wanted) => ChangeStock.ShortAsync(db, wanted);

    static async Task NotingAsync(int process, Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (NpgsqlException failure)
        {
            BatchDatabase.Note(failure, process);
            throw;
        }
    }

    sealed class Locks(NpgsqlConnection connection, NpgsqlTransaction transaction, OrderingOptions options) : IOrderLocks
    {
        public required IReadOnlySet<(Guid Customer, string Key)> HeldKeys { get; init; }
        public required IReadOnlySet<Guid> Carts { get; init; }
        public required IReadOnlyDictionary<(Guid Customer, string Key), OrderId> Keys { get; init; }
        public required Dictionary<VariantId, int> Stock { get; init; }
        public required IReadOnlySet<VariantId> Held { get; init; }

        readonly int process = connection.ProcessID;

        public Task WriteAsync(IReadOnlyList<Placement> placements, DateTimeOffset now) =>
            NotingAsync(process, () => OrderRows.WriteAsync(connection, placements, options, now, isPatient: false));

        public Task CommitAsync() => NotingAsync(process, () => transaction.CommitAsync());

        public async ValueTask DisposeAsync()
        {
            await transaction.DisposeAsync();
            await connection.DisposeAsync();
        }
    }
}
