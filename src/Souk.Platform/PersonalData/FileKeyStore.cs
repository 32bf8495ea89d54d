namespace Souk.Platform;

/// <summary>
/// The key store of one machine: a file that only grows, safe for several processes at once. Whatever it
/// answered survives a power cut; a thousand concurrent first uses share a few fsyncs.
/// </summary>
/// <remarks>
/// <para><c>people.keys</c> is a header of 128 bytes ("SOUKKEYS", format 1), then a record of 128 bytes a person:</para>
/// <code>
///   0  record version, 1      2  length of the wrapped key      8  person id, 16 bytes
///   1  1 alive, 2 destroyed   4  zeros                         24  wrapped key, padded with zeros to 96 bytes
///                                                             120  first 8 bytes of SHA-256 over bytes 0..119
/// </code>
/// <para>Every change happens under the lock of <c>keys.lock</c>. New records are appended and flushed before
/// anyone is answered; destroying one overwrites it in place. After a crash the tail may hold part of a record
/// or blank ones: nobody was told of those, so the next change cuts them off. A damaged record anywhere else
/// is refused, since passing over it would quietly give its person a second key.</para>
/// <para>Limits. Each process keeps an index of about 40 bytes a person in memory and reads the whole file when
/// it opens it: right for some hundred thousand people on one machine; for millions, or several machines, use
/// a key store in a database. Overwriting in place reaches the file, not what a copy-on-write file system, an
/// SSD or a copy keeps aside. Whoever restores an old copy of <c>people.keys</c> brings erased people back and
/// loses newer ones: back it up separately from the data, keep few generations, and erase again after a restore.</para>
/// </remarks>
public sealed class FileKeyStore : IKeyStore, IDisposable
{
    /// <summary>First uses and erasures that may wait for the disk; more are refused.</summary>
    public const int WaitingMax = 20_000;

    readonly string folder;
    readonly PeopleFile people;

    /// <summary>Guards the two fields below.</summary>
    readonly Lock gate = new();
    List<Request> waiting = [];
    bool writing;

    /// <summary>Makes the folder and the file when they are missing.</summary>
    /// <exception cref="KeysRefusedException">The folder or file is damaged, foreign, or open to other users.</exception>
    public FileKeyStore(string keysFolder)
    {
        folder = Path.GetFullPath(keysFolder);
        KeysFolder.Prepare(folder);
        KeysFolder.RefuseIfLocksDoNothing(folder);
        using var folderLock = KeysFolder.Lock(folder);
        people = new PeopleFile(folder);
    }

    public ValueTask<StoredKey?> GetAsync(Guid personId, CancellationToken cancel) =>
        people.TryPeek(personId, out var key) ? new(key) : new(Enqueue(new Request(personId, Want.Look), cancel));

    public async ValueTask<StoredKey> PutIfAbsentAsync(Guid personId, byte[] wrapped, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(wrapped.Length, StoredKey.WrappedBytesMax);
        return (await Enqueue(new Request(personId, Want.Put, new StoredKey(wrapped)), cancel))!;
    }

    public async ValueTask DestroyAsync(Guid personId, CancellationToken cancel) =>
        await Enqueue(new Request(personId, Want.Destroy), cancel);

    public void Dispose() => people.Dispose();

    /// <summary>Whoever finds no writer at work starts one; all who come meanwhile share its next flush.</summary>
    Task<StoredKey?> Enqueue(Request request, CancellationToken cancel)
    {
        lock (gate)
        {
            if (waiting.Count >= WaitingMax)
                throw new KeysRefusedException($"More than {WaitingMax} changes wait for {people.Path}: the disk is too slow.");
            waiting.Add(request);
            if (!writing)
            {
                writing = true;
                _ = Task.Run(WriteWaiting, CancellationToken.None);
            }
        }
        return request.Answer.Task.WaitAsync(cancel);
    }

    void WriteWaiting()
    {
        while (true)
        {
            List<Request> batch;
            lock (gate)
            {
                if (waiting.Count == 0)
                {
                    writing = false;
                    return;
                }
                (batch, waiting) = (waiting, []);
            }

            try
            {
                Change(batch);
            }
            catch (Exception failure)
            {
                // Not swallowed: every caller of this batch gets it.
                foreach (var request in batch) request.Answer.TrySetException(failure);
            }
        }
    }

    /// <summary>One batch: one lock, at most one write of new records, at most one flush, then the answers.</summary>
    void Change(List<Request> batch)
    {
        var answers = new StoredKey?[batch.Count];
        using (KeysFolder.Lock(folder))
        {
            people.AbsorbTail();
            var added = new OrderedDictionary<Guid, StoredKey>();
            for (var i = 0; i < batch.Count; i++)
            {
                try
                {
                    answers[i] = Decide(batch[i], added);
                }
                catch (KeysRefusedException damaged)
                {
                    // One person's damaged record is no reason to fail the others of the batch.
                    batch[i].Answer.TrySetException(damaged);
                }
            }
            people.Append(added);
        }
        for (var i = 0; i < batch.Count; i++) batch[i].Answer.TrySetResult(answers[i]);
    }

    /// <summary>What stands for the person after this request; <paramref name="added"/> are this batch's new records.</summary>
    StoredKey? Decide(Request request, OrderedDictionary<Guid, StoredKey> added)
    {
        var person = request.PersonId;
        // Destroyed again when it is already: whoever did it first may have died before the flush.
        if (request.Want == Want.Destroy)
            return people.TryDestroy(person) ? StoredKey.Destroyed : added[person] = StoredKey.Destroyed;

        var standing = added.GetValueOrDefault(person) ?? people.Find(person);
        return standing is null && request.Want == Want.Put ? added[person] = request.Offered! : standing;
    }

    enum Want { Look, Put, Destroy }

    sealed record Request(Guid PersonId, Want Want, StoredKey? Offered = null)
    {
        public TaskCompletionSource<StoredKey?> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
