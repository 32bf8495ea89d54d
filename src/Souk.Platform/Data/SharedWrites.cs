namespace Souk.Platform.Data;

/// <summary>
/// Writes that have nothing to do with each other, made together: those that come while others are under way share the next transaction, its round trip and
/// its wait for the disk (<see cref="NaturalBatches{TItem, TAnswer}"/>). To whoever asks it is as a statement of his own: answered after the commit; what is
/// wrong with one, or held by others, concerns no other; a connection that is lost leaves open whether it was made. Never cancelled.
/// </summary>
/// <param name="batches">Where they are made together, one batch at a time.</param>
/// <param name="requests">Where one is made alone that could not be made with others.</param>
/// <param name="write">
/// Adds to a batch what writes these items, in the order given, and answers each of them in that order. It locks rows before it changes them, in that order
/// too, and tells by its answer, not by an error, that an item finds its row otherwise than it expects. Its statements name the keys twice, as arrays
/// (<c>= ANY</c>) and where they meet the row, and hide their other conditions from indexes (<c>IS NOT FALSE</c>): a plan that was made while the table was nearly
/// empty then still finds rows by their keys when there are many.
/// </param>
/// <param name="rowOf">Which row an item writes, by customer and id: the order of locks. Two items of one row are never in one batch.</param>
public sealed class SharedWrites<TItem, TAnswer>(BatchDatabase batches, NpgsqlDataSource requests,
    Func<NpgsqlBatch, IReadOnlyList<TItem>, Task<IReadOnlyList<TAnswer>>> write, Func<TItem, (Guid, Guid)> rowOf)
{
    /// <summary>One is written while the next gathers: more at once would each be smaller.</summary>
    const int Lanes = 1;

    const int ItemsMax = 64;

    NaturalBatches<TItem, TAnswer>? work;

    /// <exception cref="NpgsqlException">What the item, written alone, failed by; after a lost connection nobody knows whether it was written.</exception>
    public Task<TAnswer> RunAsync(TItem item) =>
        LazyInitializer.EnsureInitialized(ref work, () => new(WriteAsync, Lanes, ItemsMax)).TryAdd(item)!;

    async Task WriteAsync(IReadOnlyList<Pending<TItem, TAnswer>> asked)
    {
        for (var rest = asked; rest.Count > 0;)
        {
            var (first, again) = (new SortedDictionary<(Guid, Guid), Pending<TItem, TAnswer>>(), new List<Pending<TItem, TAnswer>>());
            foreach (var item in rest)
                if (!first.TryAdd(rowOf(item.Item), item)) again.Add(item);
            await WriteTogetherAsync([.. first.Values]);
            rest = again;
        }
    }

    async Task WriteTogetherAsync(List<Pending<TItem, TAnswer>> asked)
    {
        try
        {
            var answers = await WriteAsync(batches.Source, asked.ConvertAll(a => a.Item));
            for (var i = 0; i < asked.Count; i++) asked[i].Succeed(answers[i]);
        }
        catch (PostgresException no) when (!no.IsShutdown())
        {
            // Whatever it was, it was undone. Alone each finds out for itself.
            foreach (var item in asked) _ = WriteAloneAsync(item);
        }
        catch (NpgsqlException lost)
        {
            foreach (var item in asked) item.Fail(lost);
        }
    }

    async Task WriteAloneAsync(Pending<TItem, TAnswer> asked)
    {
        try
        {
            asked.Succeed((await WriteAsync(requests, [asked.Item]))[0]);
        }
        catch (Exception failure)
        {
            asked.Fail(failure);
        }
    }

    async Task<IReadOnlyList<TAnswer>> WriteAsync(NpgsqlDataSource db, IReadOnlyList<TItem> items)
    {
        await using var connection = await db.OpenConnectionAsync(CancellationToken.None);
        await using var batch = connection.CreateBatch();
        try
        {
            return await write(batch, items);
        }
        catch (PostgresException no) when (!no.IsShutdown())
        {
            connection.ForgetStatements();
            throw;
        }
    }
}
