using System.ComponentModel.DataAnnotations;

namespace Souk.Identity.ApiKeys;

/// <summary>
/// <c>POST /v1/admin/api-keys/{id}/rotations</c> <c>{overlapHours?}</c>: a new secret for the same key, shown once. The one before serves on for the overlap, so that
/// machines can be given the new one without a gap; with 0 it is refused at once. Name, permissions and expiry stay.
/// </summary>
/// <remarks>
/// Two secrets serve at most. Rotated again within the overlap, the older goes; but if nobody has used the newer yet, that one goes: after a lost answer rotate
/// again, and what the machines use serves on. Refusals, in this order: 422 for the overlap, 404 <c>api_key_not_found</c>, 409 <c>api_key_ended</c>.
/// </remarks>
internal static class RotateApiKey
{
    public const int OverlapHoursMax = 168, OverlapHoursDefault = 24;

    /// <param name="OverlapHours">Default 24.</param>
    public sealed record Request([Range(0, OverlapHoursMax)] int? OverlapHours);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/admin/api-keys/{id}/rotations", Handle).ForStaff(Permission.KeysWrite).WithName(nameof(RotateApiKey));

    static async Task<Results<Ok<ApiKey>, Error>> Handle(ApiKeyId id, Request? request, NpgsqlDataSource db, ApiKeyTexts texts, LivingApiKeys living, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        var overlap = request?.OverlapHours ?? OverlapHoursDefault;
        if (overlap is < 0 or > OverlapHoursMax) return Error.Invalid("/overlapHours", $"An overlap is 0 to {OverlapHoursMax} hours.");
        var (secret, now) = (ApiKeyTexts.New(id), clock.GetUtcNow());
        if (await db.QueryFirstAsync(Rotate, ApiKey.Read, [id.Value, secret.Hash(), now, now.AddHours(overlap)], cancel) is not { } key)
            return await ApiKey.FindAsync(db, id, cancel) is null ? ApiKeyErrors.NotFound : ApiKeyErrors.Ended;
        living.Announce(id);
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(key with { Key = texts.Write(secret) });
    }

    const string Rotate = $"""
        UPDATE identity.api_keys AS k
        SET secret_hash = $2, secret_used = false,
            previous_secret_hash = CASE WHEN $4 <= $3 THEN NULL
                -- What was made by the last rotation and never used was never given to anybody.
                WHEN NOT k.secret_used AND k.previous_until > $3 THEN k.previous_secret_hash
                ELSE k.secret_hash END,
            previous_until = CASE WHEN $4 > $3 THEN least($4, k.expires_at) END
        WHERE k.id = $1 AND k.revoked_at IS NULL AND k.expires_at > $3
        RETURNING {ApiKey.Columns}
        """;
}
