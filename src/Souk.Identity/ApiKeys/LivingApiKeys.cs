using System.Collections.Concurrent;
using System.Security.Cryptography;
using Souk.Platform.Bus;

namespace Souk.Identity.ApiKeys;

/// <summary>
/// Finds whose API key a request bears, looking into the database at most every <see cref="CacheSecondsMax"/> s for each. A change is known at once on the node
/// that made it and, by the bus, within milliseconds on the others; where the bus fails, when the time is up.
/// </summary>
internal sealed class LivingApiKeys : IDisposable
{
    /// <summary>How long a node may not know that a key was revoked elsewhere.</summary>
    public const int CacheSecondsMax = 2;

    /// <summary>When a key was last used is written to the minute.</summary>
    public const int TouchSeconds = 60;

    const string Topic = "identity.api-keys-changed";

    /// <summary>Keys kept in memory; when there are more, all are looked up anew.</summary>
    const int CachedMax = 2_000;

    readonly NpgsqlDataSource db;
    readonly ApiKeyTexts texts;
    readonly IBus bus;
    readonly TimeProvider clock;
    readonly IDisposable subscription;
    readonly ConcurrentDictionary<Guid, Stored> cache = [];

    /// <summary>Counts changes heard of: what was read before the latest is not kept.</summary>
    int changes;

    /// <param name="Permissions">By name.</param>
    internal sealed record Bearer(ApiKeyId Id, IReadOnlyList<string> Permissions);

    internal sealed record Stored(byte[] SecretHash, bool SecretUsed, byte[]? PreviousHash, DateTimeOffset? PreviousUntil, IReadOnlyList<string> Permissions,
        DateTimeOffset ExpiresAt, DateTimeOffset? LastUsedAt, DateTimeOffset? RevokedAt, DateTimeOffset ReadAt)
    {
        public bool HasEnded(DateTimeOffset now) => RevokedAt is not null || ExpiresAt <= now;

        public bool IsCurrent(byte[] hash) => CryptographicOperations.FixedTimeEquals(SecretHash, hash);

        public bool Opens(byte[] hash, DateTimeOffset now) => !HasEnded(now)
            && (IsCurrent(hash) || (PreviousHash is { } previous && PreviousUntil > now && CryptographicOperations.FixedTimeEquals(previous, hash)));
    }

    public LivingApiKeys(NpgsqlDataSource db, ApiKeyTexts texts, IBus bus, TimeProvider clock)
    {
        (this.db, this.texts, this.bus, this.clock) = (db, texts, bus, clock);
        subscription = bus.Subscribe(Topic, text =>
        {
            Interlocked.Increment(ref changes);
            if (Guid.TryParseExact(text, "n", out var id)) cache.TryRemove(id, out _);
        });
    }

    /// <summary>Null for what is no key of this shop, or none that serves now.</summary>
    public async ValueTask<Bearer?> FindAsync(string text, CancellationToken cancel)
    {
        if (texts.Read(text) is not { } given) return null;
        var (id, hash, now) = (given.Id.Value, given.Hash(), clock.GetUtcNow());
        // A secret that memory does not know may be newer than it; a key that has ended stays so.
        if (!cache.TryGetValue(id, out var key) || (now - key.ReadAt).Duration() >= TimeSpan.FromSeconds(CacheSecondsMax) || !(key.Opens(hash, now) || key.HasEnded(now)))
            key = await ReadAsync(id, now, cancel);
        if (key is null || !key.Opens(hash, now)) return null;

        var isNew = !key.SecretUsed && key.IsCurrent(hash);
        var isDue = isNew || key.LastUsedAt is not { } last || now - last >= TimeSpan.FromSeconds(TouchSeconds);
        // Of those that find it due at the same time one writes.
        if (isDue && cache.TryUpdate(id, key with { LastUsedAt = now, SecretUsed = key.SecretUsed || isNew }, key))
            await db.ExecuteAsync(Touch, [id, now, hash, now.AddSeconds(-TouchSeconds)], cancel);
        return new(given.Id, key.Permissions);
    }

    /// <summary>Tells every node, this one at once, that a key is not what it was. Call it after the commit.</summary>
    public void Announce(ApiKeyId id) => bus.Publish(Topic, id.Value.ToString("n"));

    public void Dispose() => subscription.Dispose();

    async Task<Stored?> ReadAsync(Guid id, DateTimeOffset now, CancellationToken cancel)
    {
        var before = Volatile.Read(ref changes);
        var key = await db.QueryFirstAsync(Find, row => new Stored(row.GetFieldValue<byte[]>(0), row.GetBoolean(1), row.IsDBNull(2) ? null : row.GetFieldValue<byte[]>(2),
            row.Nullable<DateTimeOffset>(3), row.GetFieldValue<string[]>(4), row.GetFieldValue<DateTimeOffset>(5), row.Nullable<DateTimeOffset>(6),
            row.Nullable<DateTimeOffset>(7), now), [id], cancel);
        if (key is null) return null;
        if (cache.Count >= CachedMax) cache.Clear();
        cache[id] = key;
        // What changed while it was read may not be in it.
        if (Volatile.Read(ref changes) != before) cache.TryRemove(id, out _);
        return key;
    }

    const string Find = """
        SELECT secret_hash, secret_used, previous_secret_hash, previous_until, permissions, expires_at, last_used_at, revoked_at
        FROM identity.api_keys WHERE id = $1
        """;

    const string Touch = """
        UPDATE identity.api_keys SET last_used_at = greatest(last_used_at, $2), secret_used = secret_used OR secret_hash = $3
        WHERE id = $1 AND revoked_at IS NULL
            AND (last_used_at IS NULL OR last_used_at <= $4 OR (NOT secret_used AND secret_hash = $3))
        """;
}
