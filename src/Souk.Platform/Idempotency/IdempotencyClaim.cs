using System.Security.Cryptography;
using Souk.Platform.Data;

namespace Souk.Platform.Idempotency;

/// <summary>Remembers a key in the transaction of its effect, or finds what the first request with it made.</summary>
public static class IdempotencyClaim
{
    /// <summary>
    /// Call first in the transaction. Null: the key is new and now claimed for <paramref name="resourceId"/>; go on. Else: the id of what the
    /// first request made; render that. A request still in flight is waited for as long as the session's lock_timeout, then refused.
    /// </summary>
    public static async Task<Result<Guid?>> ClaimIdempotencyKeyAsync(this NpgsqlConnection connection, Guid scope, string key, byte[] fingerprint,
        Guid resourceId, DateTimeOffset now, CancellationToken cancel)
    {
        try
        {
            if (await connection.ExecuteAsync(Claim, [scope, key, fingerprint, resourceId, now], cancel) == 1) return (Guid?)null;
        }
        catch (PostgresException busy) when (busy.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            return IdempotencyKey.InProgress;
        }
        var (first, made) = await connection.QueryFirstAsync(Find, static row => (row.GetFieldValue<byte[]>(0), row.GetGuid(1)), [scope, key], cancel);
        return CryptographicOperations.FixedTimeEquals(first, fingerprint) ? made : IdempotencyKey.Reused;
    }

    /// <summary>
    /// Adds to a batch, as its first statement, what claims keys that are new, as nearly all are. One that was used fails it (23505) and undoes it whole: then each is tried alone,
    /// by <see cref="ClaimIdempotencyKeyAsync"/>.
    /// </summary>
    public static NpgsqlBatch AddIdempotencyClaims(this NpgsqlBatch batch, IReadOnlyList<(Guid Scope, string Key, byte[] Fingerprint, Guid ResourceId, DateTimeOffset Now)> claims) =>
        batch.Add(ClaimAll, claims.Select(c => c.Scope).ToArray(), claims.Select(c => c.Key).ToArray(), claims.Select(c => c.Fingerprint).ToArray(),
            claims.Select(c => c.ResourceId).ToArray(), claims.Select(c => c.Now).ToArray());

    // In order of key, so that two nodes queue up.
    const string ClaimAll = """
        INSERT INTO platform.idempotency_keys (scope, key, fingerprint, resource_id, created_at)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::uuid[], $5::timestamptz[]) AS k (scope, key, fingerprint, resource_id, created_at)
        ORDER BY scope, key
        """;

    // Waits for a rival that has inserted the same key and not committed; after its commit the conflict is plain.
    const string Claim = """
        INSERT INTO platform.idempotency_keys (scope, key, fingerprint, resource_id, created_at)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (scope, key) DO NOTHING
        """;

    const string Find = "SELECT fingerprint, resource_id FROM platform.idempotency_keys WHERE scope = $1 AND key = $2";
}
