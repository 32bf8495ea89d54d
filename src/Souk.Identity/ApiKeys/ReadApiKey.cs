namespace Souk.Identity.ApiKeys;

/// <summary><c>GET /v1/admin/api-keys/{id}</c>: one API key, also when it has ended; 404 <c>api_key_not_found</c>.</summary>
internal static class ReadApiKey
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/admin/api-keys/{id}", Handle).ForStaff(Permission.KeysRead).WithName(nameof(ReadApiKey));

    static async Task<Results<Ok<ApiKey>, Error>> Handle(ApiKeyId id, NpgsqlDataSource db, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        if (await ApiKey.FindAsync(db, id, cancel) is not { } key) return ApiKeyErrors.NotFound;
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Ok(key.At(clock.GetUtcNow()));
    }
}
