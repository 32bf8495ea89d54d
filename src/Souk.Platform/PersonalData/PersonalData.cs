using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Souk.Platform;

/// <summary>
/// Columns that hold personal data: encrypted under a key of the person they are about, so that erasing the
/// person means destroying one key, and every copy of the data, backups too, turns unreadable at once.
/// </summary>
/// <remarks>
/// <para>Format 1 of a value: format byte, 12 random bytes of nonce, 16 bytes of tag, the text under AES-256-GCM
/// (NIST SP 800-38D). Person and column are authenticated with it: a value moved to another row or column is
/// refused. Its length tells the length of the text. One key may encrypt 2^32 values.</para>
/// <para>A column is named schema.table.column, as in <c>identity.accounts.email</c>, and never renamed in code
/// without re-encrypting. A look-up by exact value uses a blind index beside the value.</para>
/// <para>Keys stay in memory for at most <see cref="KeyCacheSecondsMax"/>: so long another process may still
/// read an erased person, and write values that nobody will read.</para>
/// </remarks>
public sealed class PersonalData(IKeyStore store, MasterKeys keys, TimeProvider clock, int keyCacheMax = PersonalData.KeyCacheDefault)
{
    public const int KeyCacheDefault = 10_000;
    public const int KeyCacheSecondsMax = 60;
    public const int PlainBytesMax = 65_536;
    public const int BlindIndexBytes = 1 + BlindHashBytes;

    const byte Format = 1;
    const int NonceBytes = 12, TagBytes = 16, HeaderBytes = 1 + NonceBytes + TagBytes;
    const int BlindHashBytes = 16;

    readonly KeyCache cache = new(keyCacheMax, TimeSpan.FromSeconds(KeyCacheSecondsMax), clock);

    /// <summary>
    /// Encrypts for one person. Their first use makes their key, which is on disk before this returns: call it
    /// before the transaction, never inside.
    /// </summary>
    /// <exception cref="PersonErasedException">The person was erased.</exception>
    public ValueTask<byte[]> ProtectAsync(Guid personId, string column, ReadOnlyMemory<byte> plain, CancellationToken cancel = default)
    {
        RefuseUnnamed(personId, column);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(plain.Length, PlainBytesMax, nameof(plain));

        Span<byte> key = stackalloc byte[MasterKeys.KeyBytes];
        if (!cache.TryCopy(personId, key)) return ProtectUncachedAsync(personId, column, plain, cancel);
        try
        {
            return new(Seal(key, personId, column, plain.Span));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <inheritdoc cref="ProtectAsync(Guid, string, ReadOnlyMemory{byte}, CancellationToken)"/>
    public ValueTask<byte[]> ProtectAsync(Guid personId, string column, string plain, CancellationToken cancel = default) =>
        ProtectAsync(personId, column, Encoding.UTF8.GetBytes(plain), cancel);

    /// <summary>A structure such as an address, as the JSON of the web.</summary>
    /// <inheritdoc cref="ProtectAsync(Guid, string, ReadOnlyMemory{byte}, CancellationToken)"/>
    public ValueTask<byte[]> ProtectJsonAsync<T>(Guid personId, string column, T plain, CancellationToken cancel = default) where T : class =>
        ProtectAsync(personId, column, JsonSerializer.SerializeToUtf8Bytes(plain, JsonSerializerOptions.Web), cancel);

    /// <summary>The value again; null when the person was erased.</summary>
    /// <exception cref="CryptographicException">Altered, from another person or column, or the keys are not those it was made with.</exception>
    public ValueTask<byte[]?> RevealBytesAsync(Guid personId, string column, byte[] cipher, CancellationToken cancel = default)
    {
        RefuseUnnamed(personId, column);

        Span<byte> key = stackalloc byte[MasterKeys.KeyBytes];
        if (!cache.TryCopy(personId, key)) return RevealUncachedAsync(personId, column, cipher, cancel);
        try
        {
            return new(Unseal(key, personId, column, cipher));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <inheritdoc cref="RevealBytesAsync"/>
    public async ValueTask<string?> RevealAsync(Guid personId, string column, byte[] cipher, CancellationToken cancel = default) =>
        await RevealBytesAsync(personId, column, cipher, cancel) is { } plain ? Encoding.UTF8.GetString(plain) : null;

    /// <inheritdoc cref="RevealBytesAsync"/>
    public async ValueTask<T?> RevealJsonAsync<T>(Guid personId, string column, byte[] cipher, CancellationToken cancel = default) where T : class =>
        await RevealBytesAsync(personId, column, cipher, cancel) is { } plain
            ? JsonSerializer.Deserialize<T>(plain, JsonSerializerOptions.Web)
            : null;

    /// <summary>
    /// Destroys the person's key: whatever was encrypted for them is gone, here and in every backup, and nothing
    /// can be encrypted for them again. Idempotent; durable when it returns.
    /// </summary>
    public async Task EraseAsync(Guid personId, CancellationToken cancel = default)
    {
        await store.DestroyAsync(personId, cancel);
        cache.Erase(personId);
    }

    /// <summary>
    /// What stands in a unique or indexed column in place of the value: version byte and 16 bytes of HMAC-SHA256,
    /// under the newest key. Equal values of one purpose give equal bytes; without the key they tell nothing.
    /// </summary>
    /// <param name="purpose">What is looked up, as in <c>identity.accounts.email</c>; other purposes give other bytes.</param>
    /// <param name="normalised">The value in the one form that all spellings of it share.</param>
    public byte[] BlindIndex(string purpose, string normalised) => Blind(keys.BlindIndexKeys[0], purpose, normalised);

    /// <summary>The index under every version, newest first: a look-up during a key change asks for any of them.</summary>
    public byte[][] BlindIndexes(string purpose, string normalised) =>
        [.. keys.BlindIndexKeys.Select(key => Blind(key, purpose, normalised))];

    async ValueTask<byte[]> ProtectUncachedAsync(Guid personId, string column, ReadOnlyMemory<byte> plain, CancellationToken cancel)
    {
        var reading = cache.StartReading();
        var stored = await store.GetAsync(personId, cancel) ?? await store.PutIfAbsentAsync(personId, NewWrappedKey(personId), cancel);
        return WithKey(personId, stored, reading, key => Seal(key, personId, column, plain.Span))
            ?? throw new PersonErasedException(personId);
    }

    async ValueTask<byte[]?> RevealUncachedAsync(Guid personId, string column, byte[] cipher, CancellationToken cancel)
    {
        var reading = cache.StartReading();
        var stored = await store.GetAsync(personId, cancel) ?? throw new CryptographicException(
            $"There is a value of person {personId} but never was a key: the key store does not belong to this database.");
        return WithKey(personId, stored, reading, key => Unseal(key, personId, column, cipher));
    }

    byte[] NewWrappedKey(Guid personId)
    {
        Span<byte> key = stackalloc byte[MasterKeys.KeyBytes];
        RandomNumberGenerator.Fill(key);
        var wrapped = keys.Wrap(personId, key);
        CryptographicOperations.ZeroMemory(key);
        return wrapped;
    }

    byte[]? WithKey(Guid personId, StoredKey stored, KeyCache.Reading reading, Use use)
    {
        if (stored.Wrapped is null) return null;
        Span<byte> key = stackalloc byte[MasterKeys.KeyBytes];
        try
        {
            keys.Unwrap(personId, stored.Wrapped, key);
            cache.Add(personId, key, reading);
            return use(key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    delegate byte[] Use(ReadOnlySpan<byte> key);

    static byte[] Seal(ReadOnlySpan<byte> key, Guid personId, string column, ReadOnlySpan<byte> plain)
    {
        var cipher = new byte[HeaderBytes + plain.Length];
        cipher[0] = Format;
        RandomNumberGenerator.Fill(cipher.AsSpan(1, NonceBytes));
        using var aes = new AesGcm(key, TagBytes);
        aes.Encrypt(cipher.AsSpan(1, NonceBytes), plain, cipher.AsSpan(HeaderBytes),
            cipher.AsSpan(1 + NonceBytes, TagBytes), Bound(personId, column));
        return cipher;
    }

    static byte[] Unseal(ReadOnlySpan<byte> key, Guid personId, string column, ReadOnlySpan<byte> cipher)
    {
        if (cipher.Length < HeaderBytes || cipher[0] != Format)
            throw new CryptographicException("The value is not in format 1 of a personal-data column.");
        var plain = new byte[cipher.Length - HeaderBytes];
        using var aes = new AesGcm(key, TagBytes);
        aes.Decrypt(cipher.Slice(1, NonceBytes), cipher[HeaderBytes..], cipher.Slice(1 + NonceBytes, TagBytes), plain, Bound(personId, column));
        return plain;
    }

    static byte[] Bound(Guid personId, string column) =>
        [Format, .. personId.ToByteArray(bigEndian: true), .. Encoding.UTF8.GetBytes(column)];

    static byte[] Blind((byte Version, byte[] Key) key, string purpose, string normalised)
    {
        ArgumentException.ThrowIfNullOrEmpty(purpose);
        // No purpose holds a zero, so no purpose and value can be taken for another pair.
        if (purpose.Contains('\0')) throw new ArgumentException("A purpose holds no zero character.", nameof(purpose));
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key.Key, Encoding.UTF8.GetBytes($"{purpose}\0{normalised}"), hash);
        return [key.Version, .. hash[..BlindHashBytes]];
    }

    static void RefuseUnnamed(Guid personId, string column)
    {
        if (personId == Guid.Empty) throw new ArgumentException("A person has an id.", nameof(personId));
        ArgumentException.ThrowIfNullOrEmpty(column);
    }
}
