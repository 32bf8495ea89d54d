using System.Security.Cryptography;

namespace Souk.Platform;

/// <summary>
/// The data keys used of late, unwrapped, in one pinned block of memory that the collector never copies. A key
/// leaves zeroed: when others push it out, when its time is up and it is asked for, when its person is erased.
/// </summary>
sealed class KeyCache(int keysMax, TimeSpan ageMax, TimeProvider clock)
{
    readonly Lock gate = new();
    readonly byte[] keys = GC.AllocateArray<byte>(keysMax * MasterKeys.KeyBytes, pinned: true);
    readonly Dictionary<Guid, LinkedListNode<Entry>> entries = [];

    /// <summary>The most recently used first.</summary>
    readonly LinkedList<Entry> byUse = [];
    readonly Stack<int> freeSlots = new(Enumerable.Range(0, keysMax));
    long erasures;

    /// <summary>Copies the key out, since the cached one may be zeroed at any moment.</summary>
    public bool TryCopy(Guid personId, Span<byte> key)
    {
        lock (gate)
        {
            if (!entries.TryGetValue(personId, out var entry)) return false;
            if (clock.GetElapsedTime(entry.Value.ReadAt) >= ageMax)
            {
                Remove(entry);
                return false;
            }
            KeyIn(entry.Value.Slot).CopyTo(key);
            byUse.Remove(entry);
            byUse.AddFirst(entry);
            return true;
        }
    }

    /// <summary>Taken before the key is read from the store, and handed to <see cref="Add"/>.</summary>
    public Reading StartReading()
    {
        lock (gate) return new(clock.GetTimestamp(), erasures);
    }

    /// <summary>
    /// Keeps a copy, unless anyone was erased since the reading began: the key may be theirs, read just before.
    /// </summary>
    public void Add(Guid personId, ReadOnlySpan<byte> key, Reading reading)
    {
        lock (gate)
        {
            if (reading.Erasures != erasures) return;
            if (entries.TryGetValue(personId, out var older)) Remove(older);
            if (freeSlots.Count == 0) Remove(byUse.Last!);
            var slot = freeSlots.Pop();
            key.CopyTo(KeyIn(slot));
            entries[personId] = byUse.AddFirst(new Entry(personId, slot, reading.At));
        }
    }

    /// <summary>Called after the store destroyed the key.</summary>
    public void Erase(Guid personId)
    {
        lock (gate)
        {
            erasures++;
            if (entries.TryGetValue(personId, out var entry)) Remove(entry);
        }
    }

    void Remove(LinkedListNode<Entry> entry)
    {
        CryptographicOperations.ZeroMemory(KeyIn(entry.Value.Slot));
        freeSlots.Push(entry.Value.Slot);
        entries.Remove(entry.Value.PersonId);
        byUse.Remove(entry);
    }

    Span<byte> KeyIn(int slot) => keys.AsSpan(slot * MasterKeys.KeyBytes, MasterKeys.KeyBytes);

    internal readonly record struct Reading(long At, long Erasures);

    sealed record Entry(Guid PersonId, int Slot, long ReadAt);
}
