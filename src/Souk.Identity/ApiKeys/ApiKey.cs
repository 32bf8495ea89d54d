namespace Souk.Identity.ApiKeys;

/// <summary>An API key as staff see it: what a machine calls the shop with.</summary>
/// <param name="Prefix">How the key begins, enough to know it by where it is found.</param>
/// <param name="Permissions">What its bearer may do.</param>
/// <param name="CreatedBy">The account that made it.</param>
/// <param name="ExpiresAt">From then on it is refused.</param>
/// <param name="LastUsedAt">To the minute; absent when it was never used.</param>
/// <param name="PreviousUntil">Until then the key of before the rotation serves too; absent when none does.</param>
/// <param name="RevokedAt">Since then it is refused.</param>
/// <param name="Key">The whole key, to be sent as <c>Authorization: Bearer …</c>. Only in the answer that made it: it is stored nowhere.</param>
internal sealed record ApiKey(ApiKeyId Id, string Name, string Prefix, IReadOnlyList<string> Permissions, AccountId CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt,
    DateTimeOffset? LastUsedAt, DateTimeOffset? PreviousUntil, DateTimeOffset? RevokedAt, string? Key = null)
{
    /// <summary>A key serves so long at most: what nobody renews is forgotten by those who made it too.</summary>
    public const int DaysMax = 400;

    public const int NameLengthMax = 100;

    /// <summary>The columns that <see cref="Read"/> takes, in its order, from a table or alias <c>k</c>.</summary>
    public const string Columns = "k.id, k.name, k.permissions, k.created_by, k.created_at, k.expires_at, k.last_used_at, k.previous_until, k.revoked_at";

    public static ApiKey Read(NpgsqlDataReader row)
    {
        var id = new ApiKeyId(row.GetGuid(0));
        return new(id, row.GetString(1), ApiKeyTexts.PrefixOf(id), row.GetFieldValue<string[]>(2), new(row.GetGuid(3)), row.GetFieldValue<DateTimeOffset>(4),
            row.GetFieldValue<DateTimeOffset>(5), row.Nullable<DateTimeOffset>(6), row.Nullable<DateTimeOffset>(7), row.Nullable<DateTimeOffset>(8));
    }

    /// <summary>Without what is past.</summary>
    public ApiKey At(DateTimeOffset now) => PreviousUntil <= now ? this with { PreviousUntil = null } : this;

    public static Task<ApiKey?> FindAsync(NpgsqlDataSource db, ApiKeyId id, CancellationToken cancel) => db.QueryFirstAsync(FindById, Read, [id.Value], cancel);

    const string FindById = $"SELECT {Columns} FROM identity.api_keys k WHERE k.id = $1";
}
