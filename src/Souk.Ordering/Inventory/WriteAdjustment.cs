using Souk.Contracts;
using Souk.Platform.Idempotency;

namespace Souk.Ordering.Inventory;

/// <summary>
/// Writes adjustments, once per key: those that come together in one transaction, as if each were new and allowed, which nearly all are. One that is not undoes it;
/// it is then written in a transaction of its own, which tells what is the matter.
/// </summary>
internal sealed class WriteAdjustment(NpgsqlDataSource db, BatchDatabase batches, ICatalog catalog, OrderingOptions options)
{
    /// <param name="Key">Of the account that moves the units.</param>
    public sealed record Adjustment(string Key, byte[] Fingerprint, SetStock.Move Move);

    public readonly record struct Done(ReadStock.Movement Movement, bool IsReplay);

    readonly SharedWrites<Adjustment, ReadStock.Movement> writes = new(batches, db, (batch, items) => WriteAsync(batch, items, options),
        static adjustment => (adjustment.Move.VariantId.Value, Guid.Empty));

    public async Task<Result<Done>> RunAsync(Adjustment adjustment, CancellationToken cancel)
    {
        try
        {
            return new Done(await writes.RunAsync(adjustment), false);
        }
        catch (PostgresException no) when (no.SqlState is PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.CheckViolation or PostgresErrorCodes.ForeignKeyViolation
            or PostgresErrorCodes.LockNotAvailable)
        {
            // The key was used or is under way, the stock has no row yet or is held, there is no such location, or a guard fired.
            return await WriteAloneAsync(adjustment, cancel);
        }
    }

    async Task<Result<Done>> WriteAloneAsync(Adjustment adjustment, CancellationToken cancel)
    {
        var (move, why) = (adjustment.Move, adjustment.Move.Why);
        await using var connection = await db.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if ((await connection.ClaimIdempotencyKeyAsync(why.ActorId!.Value, adjustment.Key, adjustment.Fingerprint, move.Id, why.At, cancel)).Refused(out var refused, out var made)) return refused;
        if (made is null)
        {
            if (await MoveStock.LockAsync(connection, catalog, move.VariantId, new(move.LocationId), cancel) is { } absent) return absent;
            if (await MoveStock.RunAsync(connection, move, options, cancel) is { } guarded) return guarded;
        }
        Guid[] variants = [move.VariantId.Value], ids = [made ?? move.Id];
        var (_, movement) = await connection.QueryFirstAsync(Find, Read, [variants, ids], cancel);
        await transaction.CommitAsync(cancel);
        return new Done(movement, made is not null);
    }

    static async Task<IReadOnlyList<ReadStock.Movement>> WriteAsync(NpgsqlBatch batch, IReadOnlyList<Adjustment> items, OrderingOptions options)
    {
        SetStock.Move[] moves = [.. items.Select(i => i.Move)];
        Guid[] variants = [.. moves.Select(m => m.VariantId.Value)], ids = [.. moves.Select(m => m.Id)];
        // Alone, too, it does not wait for long: who waits is the transaction that can tell what for.
        batch.WithoutPatience().AddIdempotencyClaims([.. items.Select(i => (i.Move.Why.ActorId!.Value, i.Key, i.Fingerprint, i.Move.Id, i.Move.Why.At))]);
        batch.AddStockChanges([.. moves.Select(m => new ChangeStock.Change(m.VariantId, m.Delta, 0))], options, moves.Max(m => m.Why.At));
        await SetStock.AddMoves(batch, moves).ExecuteNonQueryAsync(CancellationToken.None);
        // Movements are never rewritten: read behind the commit they are the same.
        var written = (await batch.Connection!.QueryAsync(Find, Read, [variants, ids], CancellationToken.None)).ToDictionary(row => row.Id, row => row.Movement);
        return [.. ids.Select(id => written[id])];
    }

    static (Guid Id, ReadStock.Movement Movement) Read(NpgsqlDataReader row) => (row.GetGuid(ReadStock.MovementColumnCount), ReadStock.ReadMovement(row));

    const string Find = $"SELECT {ReadStock.MovementColumns}, id FROM ordering.stock_movements WHERE variant_id = ANY($1) AND id = ANY($2)";
}
