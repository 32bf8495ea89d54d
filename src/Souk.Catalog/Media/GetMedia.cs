using Microsoft.Net.Http.Headers;

namespace Souk.Catalog.Media;

/// <summary>
/// <c>GET /v1/media/{name}</c>: the bytes of a photo. An address shows the same photo for ever, so caches may keep it without asking again.
/// </summary>
internal static class GetMedia
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/media/{name}", Handle).ForEveryone().WithName(nameof(GetMedia));

    static async Task<Results<FileContentHttpResult, Error>> Handle(string name, HttpContext http, NpgsqlDataSource db, CancellationToken cancel)
    {
        if (MediaName.Read(name) is not var (sha256, contentType)) return MediaErrors.NotFound;
        if (await db.QueryFirstAsync(Read, static row => row.GetFieldValue<byte[]>(0), [sha256, contentType], cancel) is not { } content) return MediaErrors.NotFound;

        var headers = http.Response.Headers;
        headers.CacheControl = "public, max-age=31536000, immutable";
        // Pages of other sites show these photos: that is what they are for.
        headers["Cross-Origin-Resource-Policy"] = "cross-origin";
        return TypedResults.Bytes(content, contentType, entityTag: new EntityTagHeaderValue($"\"{name[..64]}\""));
    }

    const string Read = "SELECT content FROM catalog.media WHERE sha256 = $1 AND content_type = $2";
}
