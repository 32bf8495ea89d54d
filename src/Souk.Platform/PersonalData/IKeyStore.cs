namespace Souk.Platform;

/// <summary>
/// Where each person's wrapped data key lives: outside the data backup, so that destroying a key here erases
/// the person from every copy of the data. A person has one key for ever, or a tombstone for ever.
/// </summary>
public interface IKeyStore
{
    /// <summary>The key or the tombstone; null when this person has neither. Sees what other processes stored.</summary>
    ValueTask<StoredKey?> GetAsync(Guid personId, CancellationToken cancel);

    /// <summary>
    /// Stores the key unless there is a key or a tombstone already, and answers with what now stands: rivals
    /// for one person all get the same answer. Durable when it returns.
    /// </summary>
    /// <param name="personId">Whose key it is.</param>
    /// <param name="wrapped">At most <see cref="StoredKey.WrappedBytesMax"/> bytes.</param>
    /// <param name="cancel">Gives up waiting; the key may be stored all the same.</param>
    ValueTask<StoredKey> PutIfAbsentAsync(Guid personId, byte[] wrapped, CancellationToken cancel);

    /// <summary>
    /// Overwrites the key and leaves a tombstone, also for a person who never had a key. Idempotent, durable
    /// when it returns.
    /// </summary>
    ValueTask DestroyAsync(Guid personId, CancellationToken cancel);
}

/// <summary>What a key store holds for one person.</summary>
/// <param name="Wrapped">The data key, encrypted under a key-encryption key; null once it was destroyed.</param>
public sealed record StoredKey(byte[]? Wrapped)
{
    public const int WrappedBytesMax = 96;

    public static StoredKey Destroyed { get; } = new((byte[]?)null);
}

/// <summary>Something was to be encrypted for a person who was erased: nothing can be, for ever.</summary>
public sealed class PersonErasedException(Guid personId)
    : InvalidOperationException($"Person {personId} was erased; nothing can be stored for them any more.")
{
    public Guid PersonId { get; } = personId;
}

/// <summary>The keys are not as they must be. The message tells the operator what is wrong and what to do.</summary>
public sealed class KeysRefusedException(string message, Exception? inner = null) : Exception(message, inner);
