namespace Souk.Platform.Data;

/// <summary>
/// Reads of single rows by key, where many ask at once: whoever comes while statements are under way waits for the next one and shares it. An answer is
/// never older than its question, and one asker alone waits for nobody.
/// </summary>
/// <param name="sql">Finds the rows of the keys in <c>$1</c>, an array.</param>
/// <param name="read">A row, by its key.</param>
public class SharedReads<TKey, TRow>(NpgsqlDataSource db, string sql, Func<NpgsqlDataReader, KeyValuePair<TKey, TRow>> read) where TKey : notnull
{
    /// <summary>Statements at once: more would only make each smaller.</summary>
    const int StatementsMax = 2;

    /// <summary>Keys of one statement; what waits beyond it takes the next.</summary>
    const int KeysMax = 500;

    sealed record Asker(IReadOnlyCollection<TKey> Keys)
    {
        public TaskCompletionSource<IReadOnlyDictionary<TKey, TRow>> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    readonly Lock guard = new();
    readonly Queue<Asker> waiting = [];
    int running;

    /// <summary>The rows of these keys and perhaps of others; a key without a row is not in it.</summary>
    public Task<IReadOnlyDictionary<TKey, TRow>> FindAsync(IReadOnlyCollection<TKey> keys, CancellationToken cancel)
    {
        var asker = new Asker(keys);
        lock (guard)
        {
            waiting.Enqueue(asker);
            if (running == StatementsMax) return asker.Answer.Task.WaitAsync(cancel);
            running++;
        }
        _ = RunAsync();
        return asker.Answer.Task.WaitAsync(cancel);
    }

    async Task RunAsync()
    {
        while (Take() is { } askers)
        {
            try
            {
                // One slow statement must not end those of others with it: nobody's going away cancels it.
                var rows = await db.QueryAsync(sql, read, [askers.SelectMany(a => a.Keys).Distinct().ToArray()], CancellationToken.None);
                var found = new Dictionary<TKey, TRow>(rows);
                foreach (var asker in askers) asker.Answer.SetResult(found);
            }
            catch (Exception failure)
            {
                foreach (var asker in askers) asker.Answer.TrySetException(failure);
            }
        }
    }

    List<Asker>? Take()
    {
        lock (guard)
        {
            if (waiting.Count == 0)
            {
                running--;
                return null;
            }
            List<Asker> askers = [waiting.Dequeue()];
            for (var keys = askers[0].Keys.Count; waiting.TryPeek(out var next) && keys + next.Keys.Count <= KeysMax; keys += next.Keys.Count) askers.Add(waiting.Dequeue());
            return askers;
        }
    }
}
