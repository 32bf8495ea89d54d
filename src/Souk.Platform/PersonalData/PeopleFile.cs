using Microsoft.Win32.SafeHandles;

namespace Souk.Platform;

/// <summary>
/// The file that <see cref="FileKeyStore"/> describes: its bytes, and the index of them in memory. Reads may come
/// from any thread; changes come from one thread at a time, under the folder's lock.
/// </summary>
sealed class PeopleFile : IDisposable
{
    public const string Name = "people.keys";
    public const int HeaderBytes = KeyRecord.Bytes;
    const int ReadBytes = 512 * KeyRecord.Bytes;
    static ReadOnlySpan<byte> Magic => "SOUKKEYS\u0001"u8;

    readonly string folder;
    readonly FileStream stream;

    /// <summary>Guards the two fields below; never held during input or output.</summary>
    readonly Lock gate = new();
    readonly Dictionary<Guid, int> recordOf = [];
    long end = HeaderBytes;

    /// <summary>The changer's own: the file holds something, ours or another process's, that no flush of ours covers yet.</summary>
    bool unflushed;

    /// <summary>Once a flush failed the system may call the next one a success without writing what was lost: no more promises.</summary>
    IOException? lostFlush;

    /// <summary>Opens or makes the file; the caller holds the folder's lock.</summary>
    public PeopleFile(string folder)
    {
        this.folder = folder;
        stream = new FileStream(System.IO.Path.Combine(folder, Name), KeysFolder.Open(FileMode.OpenOrCreate, FileShare.ReadWrite));
        KeysFolder.RefuseIfOpenToOthers(Path);
        StartOrRecognise();
        AbsorbTail();
        Flush();
    }

    public string Path => stream.Name;

    SafeFileHandle Handle => stream.SafeFileHandle;

    /// <summary>
    /// What the file says now; nothing of it is kept in memory, since another process may have destroyed the key
    /// a moment ago. False when only a look under the lock can tell.
    /// </summary>
    public bool TryPeek(Guid personId, out StoredKey? key)
    {
        int record;
        bool known;
        long seenEnd;
        lock (gate)
        {
            known = recordOf.TryGetValue(personId, out record);
            seenEnd = end;
        }
        key = null;
        return known ? TryRead(record, personId, out key) : RandomAccess.GetLength(Handle) == seenEnd;
    }

    /// <summary>Reads what others appended since, and cuts off what a crash left half done.</summary>
    public void AbsorbTail()
    {
        if (lostFlush is not null)
            throw new KeysRefusedException($"{Path} could not be flushed to disk earlier. Check the disk, then restart.", lostFlush);
        var length = RandomAccess.GetLength(Handle);
        if (length == end) return;
        if (length < end)
            throw new KeysRefusedException($"{Path} became shorter while it was in use. Restart every process that uses it.");

        var found = new List<(Guid PersonId, int Record)>();
        var (wholeUpTo, brokenAt) = (end, -1L);
        var buffer = new byte[ReadBytes];
        for (long at = end, read; at + KeyRecord.Bytes <= length; at += read)
        {
            read = RandomAccess.Read(Handle, buffer, at) / KeyRecord.Bytes * KeyRecord.Bytes;
            for (var i = 0; i < read; i += KeyRecord.Bytes)
            {
                var bytes = buffer.AsSpan(i, KeyRecord.Bytes);
                // A crash may leave a hole: the page after it reached the disk, this one did not.
                if (!bytes.ContainsAnyExcept((byte)0)) continue;
                if (brokenAt >= 0) throw Damaged(brokenAt);

                var offset = at + i;
                if (KeyRecord.TryRead(bytes, out var personId, out _))
                {
                    found.Add((personId, RecordAt(offset)));
                    wholeUpTo = offset + KeyRecord.Bytes;
                }
                else
                    brokenAt = offset;
            }
        }

        unflushed |= found.Count > 0;
        if (wholeUpTo < length) RandomAccess.SetLength(Handle, wholeUpTo);
        lock (gate)
        {
            foreach (var (personId, record) in found) recordOf[personId] = record;
            end = wholeUpTo;
        }
    }

    /// <summary>Under the folder's lock, when nobody else can be half way through a record.</summary>
    public StoredKey? Find(Guid personId)
    {
        if (!recordOf.TryGetValue(personId, out var record)) return null;
        return TryRead(record, personId, out var key) ? key : throw Damaged(OffsetOf(record));
    }

    /// <summary>False when there is no record to overwrite. Durable after the next <see cref="Append"/>.</summary>
    public bool TryDestroy(Guid personId)
    {
        if (!recordOf.TryGetValue(personId, out var record)) return false;
        Span<byte> bytes = stackalloc byte[KeyRecord.Bytes];
        KeyRecord.Write(bytes, personId, StoredKey.Destroyed);
        unflushed = true;
        RandomAccess.Write(Handle, bytes, OffsetOf(record));
        return true;
    }

    /// <summary>Appends none or more records, and makes durable whatever is not yet.</summary>
    public void Append(OrderedDictionary<Guid, StoredKey> added)
    {
        var bytes = new byte[added.Count * KeyRecord.Bytes];
        for (var i = 0; i < added.Count; i++)
            KeyRecord.Write(bytes.AsSpan(i * KeyRecord.Bytes, KeyRecord.Bytes), added.GetAt(i).Key, added.GetAt(i).Value);
        try
        {
            unflushed |= bytes.Length > 0;
            RandomAccess.Write(Handle, bytes, end);
            Flush();
        }
        catch (IOException)
        {
            // What nobody was told of must not be found by another process either.
            RandomAccess.SetLength(Handle, end);
            throw;
        }
        lock (gate)
        {
            for (var i = 0; i < added.Count; i++) recordOf[added.GetAt(i).Key] = RecordAt(end) + i;
            end += bytes.Length;
        }
    }

    public void Dispose() => stream.Dispose();

    void StartOrRecognise()
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        header.Clear();
        if (RandomAccess.GetLength(Handle) < HeaderBytes)
        {
            Magic.CopyTo(header);
            RandomAccess.Write(Handle, header, 0);
            RandomAccess.FlushToDisk(Handle);
            KeysFolder.FlushEntries(folder);
            return;
        }
        _ = RandomAccess.Read(Handle, header, 0);
        if (!header.StartsWith(Magic))
            throw new KeysRefusedException($"{Path} is no key file of format 1. Restore it from its backup, or use a newer version.");
    }

    void Flush()
    {
        if (!unflushed) return;
        try
        {
            RandomAccess.FlushToDisk(Handle);
            unflushed = false;
        }
        catch (IOException failure)
        {
            lostFlush = failure;
            throw;
        }
    }

    bool TryRead(int record, Guid personId, out StoredKey key)
    {
        Span<byte> bytes = stackalloc byte[KeyRecord.Bytes];
        key = StoredKey.Destroyed;
        return RandomAccess.Read(Handle, bytes, OffsetOf(record)) == KeyRecord.Bytes
            && KeyRecord.TryRead(bytes, out var found, out key) && found == personId;
    }

    KeysRefusedException Damaged(long offset) => new($"{Path} is damaged at byte {offset}. Restore it from its backup.");

    static long OffsetOf(int record) => HeaderBytes + (long)record * KeyRecord.Bytes;
    static int RecordAt(long offset) => checked((int)((offset - HeaderBytes) / KeyRecord.Bytes));
}
