using Souk.Platform.Pagination;

namespace Souk.Ordering.Inventory;

/// <summary><c>GET /v1/admin/stock/{variantId}/movements</c>: every movement of a variant, at all locations, newest first; for staff.</summary>
internal static class ListMovements
{
    sealed record Key(Guid Id);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/admin/stock/{variantId}/movements", Handle).ForStaff(Permission.StockRead).WithName(nameof(ListMovements))
        .WithMetadata(OldReasons.OfMovements);

    static async Task<Results<Ok<Page<ReadStock.Movement>>, Error>> Handle(VariantId variantId, PageRequest page, NpgsqlDataSource db, HttpContext http, CancellationToken cancel)
    {
        if (QueryMembers.RefuseOthers(http, "limit", "cursor") is { } unknown) return unknown;
        var list = $"movements {variantId}";
        if (page.From<Key>(list).Refused(out var error, out var start)) return error;
        var rows = await db.QueryAsync(start.Backward ? Newer : Older, static row => (Movement: ReadStock.ReadMovement(row), Id: row.GetGuid(ReadStock.MovementColumnCount)),
            [variantId.Value, start.Key?.Id, start.Limit + 1], cancel);
        if (rows.Count == 0 && (await ReadStock.FindAsync(db, variantId, cancel)) is null) return StockErrors.VariantNotFound;
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Ok(page.Answer(start, list, rows, static row => new Key(row.Id), static row => row.Movement));
    }

    const string Older = $"""
        SELECT {ReadStock.MovementColumns}, id FROM ordering.stock_movements WHERE variant_id = $1 AND id < coalesce($2, {Keyset.Last}) ORDER BY id DESC LIMIT $3
        """;

    const string Newer = $"""
        SELECT {ReadStock.MovementColumns}, id FROM ordering.stock_movements WHERE variant_id = $1 AND id > coalesce($2, {Keyset.First}) ORDER BY id LIMIT $3
        """;
}
