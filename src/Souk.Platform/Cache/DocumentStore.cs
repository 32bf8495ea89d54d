using Souk.Platform.Telemetry;

namespace Souk.Platform.Cache;

/// <summary>
/// Documents in memory by key, at most so many bytes; the least recently used leave first. Of all who miss the same key one loads, the others wait for it.
/// </summary>
/// <remarks>
/// Versions of a key never go back: a load that began before a change became known (<see cref="Advance"/>) is not stored, nor joined by those who come later;
/// and what is stored is never replaced by what has seen less. One lock, held for the time of a few look-ups in tables.
/// </remarks>
public sealed class DocumentStore(long bytesMax, TimeProvider clock)
{
    /// <summary>A load that has run for so long is not joined any more: it would answer with what is as old.</summary>
    public static readonly TimeSpan JoinMax = TimeSpan.FromSeconds(1);

    /// <summary>A document of more than this part of the bound would push out too many others.</summary>
    const int PartMax = 8;

    readonly Lock guard = new();
    readonly Dictionary<string, LinkedListNode<Entry>> entries = [];
    readonly LinkedList<Entry> recent = [];   // the last used first
    readonly Dictionary<string, HashSet<string>> keysOf = [];   // by topic
    readonly Dictionary<string, Load> loads = [];
    long bytes, known;

    sealed record Entry(string Key, Document Document, long Bytes);

    sealed record Load(long StartedAt)
    {
        public TaskCompletionSource<Result<Document>> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>What the documents take now; never more than the bound.</summary>
    public long Bytes { get { lock (guard) return bytes; } }

    public int Count { get { lock (guard) return entries.Count; } }

    public Document? Find(string key)
    {
        Document? found;
        lock (guard) found = Use(key);
        // One that is not here is loaded next, and counted there.
        if (found is not null) Measures.DocumentRead(hit: true);
        return found;
    }

    /// <summary>The document of this key: found, being loaded by another, or loaded now. The load goes on when the caller leaves; others may wait for it.</summary>
    /// <remarks>What <paramref name="load"/> refuses or throws reaches all who wait, and is not kept.</remarks>
    public Task<Result<Document>> GetAsync(string key, Func<Task<Result<Document>>> load)
    {
        Load mine;
        lock (guard)
        {
            var found = Use(key);
            Measures.DocumentRead(hit: found is not null);
            if (found is not null) return Task.FromResult<Result<Document>>(found);
            if (loads.TryGetValue(key, out var other) && clock.GetElapsedTime(other.StartedAt) < JoinMax) return other.Done.Task;
            loads[key] = mine = new(clock.GetTimestamp());
        }
        _ = RunAsync(key, mine, load);
        return mine.Done.Task;
    }

    async Task RunAsync(string key, Load mine, Func<Task<Result<Document>>> load)
    {
        try
        {
            var result = await load();
            End(result.Refused(out _, out var document) ? null : document);
            mine.Done.SetResult(result);
        }
        catch (Exception failure)
        {
            End(null);
            mine.Done.SetException(failure);
            // Seen here, should nobody be left to see it.
            _ = mine.Done.Task.Exception;
        }

        void End(Document? document)
        {
            lock (guard)
            {
                // Another has begun since, and may have been answered with more than this one saw.
                if (loads.GetValueOrDefault(key) != mine) return;
                loads.Remove(key);
                if (document is not null && document.Seen >= known) Put(key, document);
            }
        }
    }

    /// <summary>All changes up to this one are known: what tells of these topics and has not seen them goes, of every topic when none is named.</summary>
    public void Advance(long change, IEnumerable<string>? topics)
    {
        lock (guard)
        {
            known = Math.Max(known, change);
            loads.Clear();
            foreach (var key in topics is null ? entries.Keys.ToList() : [.. topics.SelectMany(topic => keysOf.GetValueOrDefault(topic, []))])
                if (entries[key].Value.Document.Seen < change) Remove(entries[key]);
        }
    }

    /// <summary>Forgets everything, also how far changes were known: the database is another one now.</summary>
    public void Clear()
    {
        lock (guard)
        {
            while (recent.Last is { } entry) Remove(entry);
            loads.Clear();
            known = 0;
        }
    }

    Document? Use(string key)
    {
        if (!entries.TryGetValue(key, out var entry)) return null;
        if (recent.First != entry)
        {
            recent.Remove(entry);
            recent.AddFirst(entry);
        }
        return entry.Value.Document;
    }

    void Put(string key, Document document)
    {
        if (entries.TryGetValue(key, out var old))
        {
            if (old.Value.Document.Seen > document.Seen) return;
            Remove(old);
        }
        var entry = new Entry(key, document, document.Bytes + (2L * key.Length));
        if (entry.Bytes > bytesMax / PartMax) return;
        entries[key] = recent.AddFirst(entry);
        if (!keysOf.TryGetValue(document.Topic, out var keys)) keysOf[document.Topic] = keys = [];
        keys.Add(key);
        bytes += entry.Bytes;
        while (bytes > bytesMax) Remove(recent.Last!);
    }

    void Remove(LinkedListNode<Entry> entry)
    {
        var (key, document, size) = entry.Value;
        recent.Remove(entry);
        entries.Remove(key);
        if (keysOf.TryGetValue(document.Topic, out var keys) && keys.Remove(key) && keys.Count == 0) keysOf.Remove(document.Topic);
        bytes -= size;
    }
}
