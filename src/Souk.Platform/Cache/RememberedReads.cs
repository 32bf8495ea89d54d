using System.Collections.Concurrent;
using Souk.Platform.Data;

namespace Souk.Platform.Cache;

/// <summary>
/// Rows that change seldom, kept in memory until they are forgotten; the others are read, together with those of others who ask. How fresh they are is its
/// owner's business (<see cref="Looks"/>).
/// </summary>
/// <param name="rowsMax">What is kept at most; beyond it all of it is dropped and read anew.</param>
public sealed class RememberedReads<TKey, TRow>(SharedReads<TKey, TRow> reads, int rowsMax) where TKey : notnull
{
    /// <summary>Rows read before a change was heard of and stored after it land in a memory that nobody asks any more.</summary>
    sealed class Memory
    {
        public ConcurrentDictionary<TKey, TRow> Rows { get; init; } = [];
        public int Count;
    }

    Memory memory = new();

    /// <summary>The rows of these keys; a key without a row is not in it.</summary>
    public async ValueTask<IReadOnlyDictionary<TKey, TRow>> FindAsync(IReadOnlyCollection<TKey> keys, CancellationToken cancel)
    {
        var known = Volatile.Read(ref memory);
        var found = new Dictionary<TKey, TRow>(keys.Count);
        List<TKey>? missing = null;
        foreach (var key in keys)
        {
            if (known.Rows.TryGetValue(key, out var row)) found[key] = row;
            else (missing ??= []).Add(key);
        }
        if (missing is null) return found;
        var read = await reads.FindAsync(missing, cancel);
        foreach (var key in missing)
        {
            if (!read.TryGetValue(key, out var row)) continue;
            found[key] = row;
            if (known.Rows.TryAdd(key, row) && Interlocked.Increment(ref known.Count) >= rowsMax) Interlocked.CompareExchange(ref memory, new(), known);
        }
        return found;
    }

    public void Forget() => Volatile.Write(ref memory, new());

    /// <summary>Only those that changed.</summary>
    public void Forget(Func<TRow, bool> changed)
    {
        var kept = new ConcurrentDictionary<TKey, TRow>(Volatile.Read(ref memory).Rows.Where(row => !changed(row.Value)));
        Volatile.Write(ref memory, new() { Rows = kept, Count = kept.Count });
    }
}
