namespace Souk.Platform.Data;

/// <summary>
/// Reads of rows by key, where many ask at once: whoever comes while statements are under way shares the next one. An answer is never older than its
/// question, and one asker alone waits for nobody.
/// </summary>
/// <param name="sql">Finds the rows of the keys, each by its index: <c>LATERAL (… LIMIT 1)</c> where a join could read the whole table.</param>
/// <param name="read">A row, by its key.</param>
/// <param name="arguments">The keys as the statement takes them, each once; else as an array in <c>$1</c>.</param>
public class SharedReads<TKey, TRow>(NpgsqlDataSource db, string sql, Func<NpgsqlDataReader, KeyValuePair<TKey, TRow>> read,
    Func<TKey[], object?[]>? arguments = null) where TKey : notnull
{
    /// <summary>One is under way while the next gathers: more at once would each be smaller.</summary>
    const int StatementsMax = 1;

    const int AskersMax = 64;

    readonly NaturalBatches<IReadOnlyCollection<TKey>, IReadOnlyDictionary<TKey, TRow>> batches = new(async askers =>
    {
        // It answers many: nobody's going away cancels it.
        TKey[] keys = [.. askers.SelectMany(a => a.Item).Distinct()];
        var rows = await db.QueryAsync(sql, read, arguments?.Invoke(keys) ?? [keys], CancellationToken.None);
        var found = new Dictionary<TKey, TRow>(rows);
        foreach (var asker in askers) asker.Succeed(found);
    }, StatementsMax, AskersMax);

    /// <summary>The rows of these keys and perhaps of others; a key without a row is not in it.</summary>
    public Task<IReadOnlyDictionary<TKey, TRow>> FindAsync(IReadOnlyCollection<TKey> keys, CancellationToken cancel) => batches.TryAdd(keys)!.WaitAsync(cancel);
}
