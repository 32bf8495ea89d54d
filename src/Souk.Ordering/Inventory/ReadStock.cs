using Souk.Contracts;

namespace Souk.Ordering.Inventory;

/// <summary><c>GET /v1/admin/stock/{variantId}</c>: what there is of a variant, in all and at each location, and its latest movements; for staff.</summary>
internal static class ReadStock
{
    public const int MovementsMax = 20;

    /// <param name="OnHand">Units on all shelves.</param>
    /// <param name="Reserved">Units that are promised to orders; more than lie there where they are sold on back-order.</param>
    /// <param name="Available">What can still be sold: on hand − reserved − safety stock + the limit of back-orders, 0 at least.</param>
    /// <param name="SafetyStock">Units that are never sold.</param>
    /// <param name="LowStock">So many units on the shelf or fewer are <c>low</c>; absent: the shop's own threshold.</param>
    /// <param name="Backorder">How it is sold beyond what lies there; absent when it is not.</param>
    /// <param name="Incoming">What is on its way, as staff told.</param>
    /// <param name="Kit">What a kit is made of; absent for what is none. Its own numbers are 0: <c>GET /v1/availability</c> says how many there are.</param>
    /// <param name="Movements">The latest <see cref="MovementsMax"/>, newest first.</param>
    public sealed record VariantStock(VariantId VariantId, int OnHand, int Reserved, int Available, StockState StockState, int SafetyStock, int? LowStock,
        SetStockRules.Backorder? Backorder, SetStockRules.Incoming? Incoming, IReadOnlyList<SetKit.Component>? Kit, IReadOnlyList<StockAt> Levels, IReadOnlyList<Movement> Movements);

    /// <param name="Version">Counts changes; the ETag of the level.</param>
    public sealed record StockAt(LocationId LocationId, string Location, int OnHand, int Version);

    /// <param name="Delta">Units that came (positive) or went.</param>
    /// <param name="OnHand">What lay at the location afterwards.</param>
    /// <param name="Reason">received, counted, damaged, lost, returned, import, shipped or other.</param>
    /// <param name="ActorId">The account that did it; absent for an API key and an import.</param>
    /// <param name="OrderId">The order that was shipped; else absent.</param>
    /// <param name="ApiKeyId">The API key that did it.</param>
    public sealed record Movement(LocationId LocationId, int Delta, string Reason, int OnHand, AccountId? ActorId, DateTimeOffset CreatedAt, string? Note, OrderId? OrderId,
        ApiKeyId? ApiKeyId);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/admin/stock/{variantId}", Handle).ForStaff(Permission.StockRead).WithName(nameof(ReadStock))
        .WithMetadata(OldReasons.OfStock);

    static async Task<Results<Ok<VariantStock>, Error>> Handle(VariantId variantId, HttpContext http, NpgsqlDataSource db, CancellationToken cancel)
    {
        http.Response.Headers.CacheControl = "private, no-store";
        return await FindAsync(db, variantId, cancel) is { } stock ? TypedResults.Ok(stock) : StockErrors.VariantNotFound;
    }

    internal static async Task<VariantStock?> FindAsync(NpgsqlDataSource db, VariantId variant, CancellationToken cancel)
    {
        await using var connection = await db.OpenConnectionAsync(cancel);
        await using var batch = connection.CreateBatch().Add(Stock, variant.Value).Add(Levels, variant.Value).Add(Movements, variant.Value, MovementsMax)
            .Add(Components, variant.Value);
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel)) return null;
        var stock = new VariantStock(variant, reader.GetInt32(0), reader.GetInt32(1), Math.Max(0, reader.GetInt32(2)), StockStates.Read(reader.GetString(3)), reader.GetInt32(4),
            reader.Nullable<int>(5), reader.NullableString(6) is { } kind ? new(kind, reader.GetInt32(7), reader.Nullable<DateTimeOffset>(8)) : null,
            reader.GetInt32(9) is > 0 and var units ? new(units, reader.Nullable<DateTimeOffset>(10)) : null, null, [], []);
        await reader.NextResultAsync(cancel);
        var levels = new List<StockAt>();
        while (await reader.ReadAsync(cancel)) levels.Add(new(new(reader.GetGuid(0)), reader.GetString(1), reader.GetInt32(2), reader.GetInt32(3)));
        await reader.NextResultAsync(cancel);
        var movements = new List<Movement>();
        while (await reader.ReadAsync(cancel)) movements.Add(ReadMovement(reader));
        await reader.NextResultAsync(cancel);
        var components = new List<SetKit.Component>();
        while (await reader.ReadAsync(cancel)) components.Add(new(new(reader.GetGuid(0)), reader.GetInt32(1)));
        return stock with { Kit = components.Count == 0 ? null : components, Levels = levels, Movements = movements };
    }

    internal static Movement ReadMovement(NpgsqlDataReader row) => new(new(row.GetGuid(0)), row.GetInt32(1), row.GetString(2), row.GetInt32(3),
        Actor.AccountOf(row.Nullable<Guid>(4)), row.GetFieldValue<DateTimeOffset>(5), row.NullableString(6),
        row.Nullable<Guid>(7) is { } order ? new OrderId(order) : null, Actor.ApiKeyOf(row.Nullable<Guid>(4)));

    /// <summary>Columns that a list adds its own behind.</summary>
    internal const int MovementColumnCount = 8;

    // Movements are never rewritten, so those of before the revision keep its words.
    internal const string MovementColumns = """
        location_id, delta, CASE reason WHEN 'found' THEN 'counted' WHEN 'count' THEN 'counted' WHEN 'correction' THEN 'other' ELSE reason END,
        on_hand, actor_id, created_at, note, order_id
        """;

    const string Stock = $"""
        SELECT s.on_hand, s.reserved, {ChangeStock.Sellable}, s.state, s.safety_stock, s.low_stock, s.backorder_kind, s.backorder_limit, s.backorder_until, s.incoming, s.incoming_at
        FROM ordering.stock s WHERE s.variant_id = $1
        """;

    const string Components = "SELECT variant_id, quantity FROM ordering.kit_components WHERE kit_id = $1 ORDER BY variant_id";

    const string Levels = """
        SELECT v.location_id, l.name, v.on_hand, v.version
        FROM ordering.stock_levels v JOIN ordering.locations l ON l.id = v.location_id
        WHERE v.variant_id = $1 ORDER BY v.location_id
        """;

    const string Movements = $"SELECT {MovementColumns} FROM ordering.stock_movements WHERE variant_id = $1 ORDER BY id DESC LIMIT $2";
}
