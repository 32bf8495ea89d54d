using Souk.Platform.Pagination;

namespace Souk.Ordering.Inventory;

/// <summary><c>GET /v1/admin/locations</c>: where stock lies, oldest first.</summary>
internal static class ListLocations
{
    sealed record Key(Guid Id);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/admin/locations", Handle).ForStaff(Permission.StockRead).WithName(nameof(ListLocations));

    static async Task<Results<Ok<Page<Location>>, Error>> Handle(HttpContext http, PageRequest page, NpgsqlDataSource db, CancellationToken cancel)
    {
        if (QueryMembers.RefuseOthers(http, "limit", "cursor") is { } unknown) return unknown;
        if (page.From<Key>("locations").Refused(out var error, out var start)) return error;
        var rows = await db.QueryAsync(start.Backward ? Before : After, Location.Read, [start.Key?.Id, start.Limit + 1], cancel);
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Ok(page.Answer(start, "locations", rows, static row => new Key(row.Id.Value), static row => row));
    }

    const string After = $"SELECT {Location.Columns} FROM ordering.locations l WHERE l.id > coalesce($1, {Keyset.First}) ORDER BY l.id LIMIT $2";

    const string Before = $"SELECT {Location.Columns} FROM ordering.locations l WHERE l.id < coalesce($1, {Keyset.Last}) ORDER BY l.id DESC LIMIT $2";
}
