using System.ComponentModel.DataAnnotations;
using Souk.Contracts;

namespace Souk.Ordering.Inventory;

/// <summary>
/// <c>PATCH /v1/admin/stock/{variantId}</c>: a merge patch (RFC 7396) on the rules by which a variant is sold: <c>safetyStock</c>, <c>lowStock</c>,
/// <c>backorder</c>, <c>incoming</c>. Each member is replaced whole; what was sold stays sold, whatever the rules become.
/// </summary>
/// <remarks>
/// No If-Match: each member stands for itself, and the last one who says so is right. Refusals, in this order: 422 for members, 404 for a variant that the
/// catalogue does not know, 409 <c>variant_is_kit</c>. A variant that was never stocked gets its row, so that it can be pre-ordered.
/// </remarks>
internal static class SetStockRules
{
    public const int UnitsMax = 1_000_000, IncomingMax = 1_000_000_000;

    /// <summary>A variant is sold before its units lie on the shelf.</summary>
    /// <param name="Kind"><c>backorder</c>: more will come; <c>preorder</c>: it has not come out yet.</param>
    /// <param name="Limit">Units that may be promised beyond what lies there, 1 to 1,000,000.</param>
    /// <param name="Until">When that ends; absent: when staff say so.</param>
    public sealed record Backorder([Required, AllowedValues("backorder", "preorder")] string? Kind, [Required, Range(1, UnitsMax)] int? Limit, DateTimeOffset? Until);

    /// <summary>What is on its way to the shelves. Only told, to staff and shoppers: it changes no number until it is received.</summary>
    /// <param name="Units">1 to 1,000,000,000.</param>
    public sealed record Incoming([Required, Range(1, IncomingMax)] int? Units, DateTimeOffset? ExpectedAt);

    /// <summary>Absent keeps; null sets back.</summary>
    [MergePatch]
    public sealed record Request
    {
        /// <summary>Units that are never sold; default 0.</summary>
        [Range(0, UnitsMax)] public int? SafetyStock { get; init { (field, IsSafetyStockGiven) = (value, true); } }

        /// <summary>So many units on the shelf or fewer are <c>low</c>; null: as <c>Ordering:LowStock</c> says.</summary>
        [Range(0, UnitsMax)] public int? LowStock { get; init { (field, IsLowStockGiven) = (value, true); } }

        public Backorder? Backorder { get; init { (field, IsBackorderGiven) = (value, true); } }
        public Incoming? Incoming { get; init { (field, IsIncomingGiven) = (value, true); } }

        internal bool IsSafetyStockGiven { get; private init; }
        internal bool IsLowStockGiven { get; private init; }
        internal bool IsBackorderGiven { get; private init; }
        internal bool IsIncomingGiven { get; private init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPatch("/v1/admin/stock/{variantId}", Handle).ForStaff(Permission.StockWrite).WithName(nameof(SetStockRules))
        .WithMetadata(OldReasons.OfStock);

    static async Task<Results<Ok<ReadStock.VariantStock>, Error>> Handle(VariantId variantId, Request request, HttpContext http, NpgsqlDataSource db, ICatalog catalog,
        OrderingOptions options, TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        if (Refuse(request, now) is { } invalid) return invalid;
        await using (var connection = await db.OpenConnectionAsync(cancel))
        await using (var transaction = await connection.BeginTransactionAsync(cancel))
        {
            if (await MoveStock.LockAsync(connection, catalog, variantId, cancel) is { } absent) return absent;
            await using var batch = connection.CreateBatch();
            batch.Add(Change, variantId.Value, request.IsSafetyStockGiven, request.SafetyStock ?? 0, request.IsLowStockGiven, request.LowStock, request.IsBackorderGiven,
                request.Backorder?.Kind, request.Backorder?.Limit ?? 0, request.Backorder?.Until, request.IsIncomingGiven, request.Incoming?.Units ?? 0, request.Incoming?.ExpectedAt);
            // The word that shoppers see follows from the rules.
            batch.AddStockChanges([new(variantId, 0, 0)], options, now);
            try
            {
                await batch.ExecuteNonQueryAsync(cancel);
            }
            catch (PostgresException guard) when (guard.ConstraintName == ChangeStock.KitHasNone)
            {
                return StockErrors.IsKit;
            }
            await transaction.CommitAsync(cancel);
        }
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Ok((await ReadStock.FindAsync(db, variantId, cancel))!);
    }

    internal static Error? Refuse(Request request, DateTimeOffset now)
    {
        List<(string, string)> wrong = [];
        if (request.SafetyStock is < 0 or > UnitsMax) wrong.Add(("/safetyStock", $"Safety stock is 0 to {UnitsMax} units."));
        if (request.LowStock is < 0 or > UnitsMax) wrong.Add(("/lowStock", $"A threshold is 0 to {UnitsMax} units."));
        if (request.Backorder is { } backorder)
        {
            if (backorder.Kind is not ("backorder" or "preorder")) wrong.Add(("/backorder/kind", "A variant is sold beyond its shelf as backorder or as preorder."));
            if (backorder.Limit is not (>= 1 and <= UnitsMax)) wrong.Add(("/backorder/limit", $"A limit is 1 to {UnitsMax} units; null for the whole member sells none."));
            if (backorder.Until <= now) wrong.Add(("/backorder/until", "That is over already."));
        }
        if (request.Incoming is { Units: not (>= 1 and <= IncomingMax) }) wrong.Add(("/incoming/units", $"What is on its way is 1 to {IncomingMax} units; null for the whole member says none."));
        return Error.Invalid(wrong);
    }

    // Lowering the limit takes no promise back: what was sold beyond the shelf may stay so, and no more.
    const string Change = """
        UPDATE ordering.stock
        SET safety_stock = CASE WHEN $2 THEN $3 ELSE safety_stock END, low_stock = CASE WHEN $4 THEN $5::int ELSE low_stock END,
            backorder_kind = CASE WHEN $6 THEN $7::text ELSE backorder_kind END, backorder_limit = CASE WHEN $6 THEN $8 ELSE backorder_limit END,
            backorder_until = CASE WHEN $6 THEN $9::timestamptz ELSE backorder_until END,
            oversold_max = greatest(CASE WHEN $6 THEN $8 ELSE backorder_limit END, reserved - on_hand),
            incoming = CASE WHEN $10 THEN $11 ELSE incoming END, incoming_at = CASE WHEN $10 THEN $12::timestamptz ELSE incoming_at END
        WHERE variant_id = $1
        """;
}
