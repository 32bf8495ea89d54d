namespace Souk.Identity.ApiKeys;

/// <summary>
/// <c>DELETE /v1/admin/api-keys/{id}</c>: the key is refused from now on, by this node at once and by every other within 2 s; both its secrets. It stays in the list,
/// with when it was revoked. Idempotent; 404 <c>api_key_not_found</c> for an id that was never a key's.
/// </summary>
internal static class RevokeApiKey
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapDelete("/v1/admin/api-keys/{id}", Handle).ForStaff(Permission.KeysWrite).WithName(nameof(RevokeApiKey));

    static async Task<Results<NoContent, Error>> Handle(ApiKeyId id, NpgsqlDataSource db, LivingApiKeys living, TimeProvider clock, CancellationToken cancel)
    {
        if (await db.ExecuteAsync(Revoke, [id.Value, clock.GetUtcNow()], cancel) == 0) return ApiKeyErrors.NotFound;
        living.Announce(id);
        return TypedResults.NoContent();
    }

    const string Revoke = "UPDATE identity.api_keys SET revoked_at = coalesce(revoked_at, $2) WHERE id = $1";
}
