using System.Collections.Concurrent;
using Souk.Platform;

namespace Souk.Tests.Platform;

/// <summary>A key store that keeps its promises except for the disk, and counts how often it was asked.</summary>
sealed class MemoryKeyStore : IKeyStore
{
    readonly ConcurrentDictionary<Guid, StoredKey> people = [];
    int reads;

    public int Reads => reads;

    public ValueTask<StoredKey?> GetAsync(Guid personId, CancellationToken cancel)
    {
        Interlocked.Increment(ref reads);
        return new(people.GetValueOrDefault(personId));
    }

    public ValueTask<StoredKey> PutIfAbsentAsync(Guid personId, byte[] wrapped, CancellationToken cancel) =>
        new(people.GetOrAdd(personId, new StoredKey(wrapped)));

    public ValueTask DestroyAsync(Guid personId, CancellationToken cancel)
    {
        people[personId] = StoredKey.Destroyed;
        return default;
    }
}
