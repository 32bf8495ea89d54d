using Souk.Platform.Pagination;

namespace Souk.Identity.ApiKeys;

/// <summary><c>GET /v1/admin/api-keys?limit=&amp;cursor=</c>: API keys, newest first, with when each was last used; those that have ended too.</summary>
internal static class ListApiKeys
{
    sealed record Key(Guid Id);

    const string List = "api-keys";

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/admin/api-keys", Handle).ForStaff(Permission.KeysRead).WithName(nameof(ListApiKeys));

    static async Task<Results<Ok<Page<ApiKey>>, Error>> Handle(PageRequest page, NpgsqlDataSource db, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        if (QueryMembers.RefuseOthers(http, "limit", "cursor") is { } unknown) return unknown;
        if (page.From<Key>(List).Refused(out var error, out var start)) return error;
        var keys = await db.QueryAsync(start.Backward ? Newer : Older, ApiKey.Read, [start.Limit + 1, start.Key?.Id], cancel);
        var now = clock.GetUtcNow();
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Ok(page.Answer(start, List, keys, static key => new Key(key.Id.Value), key => key.At(now)));
    }

    const string Older = $"SELECT {ApiKey.Columns} FROM identity.api_keys k WHERE k.id < coalesce($2, {Keyset.Last}) ORDER BY k.id DESC LIMIT $1";

    const string Newer = $"SELECT {ApiKey.Columns} FROM identity.api_keys k WHERE k.id > coalesce($2, {Keyset.First}) ORDER BY k.id LIMIT $1";
}
