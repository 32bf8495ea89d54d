using System.ComponentModel.DataAnnotations;
using Souk.Contracts;

namespace Souk.Ordering.Inventory;

/// <summary>
/// <c>PUT /v1/admin/stock/{variantId}/kit</c>: the variant is sold as others, so many of each, all or none. Idempotent; replaces what it was made of. Orders that
/// were placed keep the components they were sold with.
/// </summary>
/// <remarks>
/// Refusals, in this order: 422 for components, 404 for a variant that the catalogue does not know, 409 <c>kit_of_kits</c>, 409 <c>kit_has_stock</c>,
/// 409 <c>kits_full</c>.
/// </remarks>
internal static class SetKit
{
    public const int ComponentsMax = 20, QuantityMax = 1_000, KitsMax = 10_000;

    public sealed record Component(VariantId VariantId, [Range(1, QuantityMax)] int Quantity);

    /// <param name="Components">1 to 20, each variant once.</param>
    public sealed record Request([Required] IReadOnlyList<Component>? Components);

    public sealed record Kit(VariantId VariantId, IReadOnlyList<Component> Components);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPut("/v1/admin/stock/{variantId}/kit", Handle).ForStaff(Permission.StockWrite).WithName(nameof(SetKit));

    static async Task<Results<Ok<Kit>, Error>> Handle(VariantId variantId, Request request, HttpContext http, NpgsqlDataSource db, ICatalog catalog, Kits kits,
        OrderingOptions options, TimeProvider clock, CancellationToken cancel)
    {
        if (Refuse(variantId, request) is { } invalid) return invalid;
        var components = request.Components!.OrderBy(c => c.VariantId).ToList();
        Guid[] variants = [.. components.Select(c => c.VariantId.Value)], all = [.. variants.Append(variantId.Value)];
        await using (var connection = await db.OpenConnectionAsync(cancel))
        await using (var transaction = await connection.BeginTransactionAsync(cancel))
        {
            var stocked = await ChangeStock.StockedAsync(connection, all);
            var known = await catalog.VariantsAsync([.. all.Select(id => new VariantId(id)).Except(stocked)], cancel);
            if (stocked.Count + known.Count < all.Length) return StockErrors.VariantNotFound;
            await connection.ExecuteAsync(SetStock.Enter, [all], cancel);
            await connection.LockStockAsync(all, options, skipLocked: false);
            // Under the locks of all their rows: who makes one of them a kit, or a component, waits for us or we for them.
            var (nested, hasStock, count) = await connection.QueryFirstAsync(Look, static row => (row.GetBoolean(0), row.GetBoolean(1), row.GetInt64(2)), [variantId.Value, variants], cancel);
            if (nested) return StockErrors.KitOfKits;
            if (hasStock) return StockErrors.KitHasStock;
            if (count >= KitsMax) return StockErrors.KitsFull;
            await using (var batch = connection.CreateBatch().Add(Mark, variantId.Value, true).Add(Forget, variantId.Value)
                .Add(Make, variantId.Value, variants, components.Select(c => c.Quantity).ToArray()))
                await batch.ExecuteNonQueryAsync(cancel);
            await ShowKitState.ShowAsync(connection, variantId, options, clock.GetUtcNow(), cancel);
            await transaction.CommitAsync(cancel);
        }
        kits.Tell();
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Ok(new Kit(variantId, components));
    }

    internal static Error? Refuse(VariantId kit, Request request)
    {
        List<(string, string)> wrong = [];
        var components = request.Components ?? [];
        if (components.Count is 0 or > ComponentsMax) wrong.Add(("/components", $"A kit has 1 to {ComponentsMax} components."));
        foreach (var (i, component) in components.Take(ComponentsMax).Index())
        {
            if (component is null || component.VariantId == VariantId.None || component.VariantId == kit) wrong.Add(($"/components/{i}/variantId", "A component is another variant than the kit."));
            else if (component.Quantity is < 1 or > QuantityMax) wrong.Add(($"/components/{i}/quantity", $"A kit has 1 to {QuantityMax} units of a component."));
        }
        if (components.OfType<Component>().DistinctBy(c => c.VariantId).Count() < components.Count) wrong.Add(("/components", "A component comes once, with its whole quantity."));
        return Error.Invalid(wrong);
    }

    const string Look = """
        SELECT EXISTS (SELECT FROM ordering.kit_components WHERE variant_id = $1) OR EXISTS (SELECT FROM ordering.stock WHERE variant_id = ANY($2) AND is_kit),
               EXISTS (SELECT FROM ordering.stock WHERE variant_id = $1 AND (on_hand <> 0 OR reserved <> 0 OR safety_stock <> 0 OR backorder_limit <> 0)),
               (SELECT count(DISTINCT kit_id) FROM ordering.kit_components WHERE kit_id <> $1)
        """;

    internal const string Mark = "UPDATE ordering.stock SET is_kit = $2 WHERE variant_id = $1";

    internal const string Forget = "DELETE FROM ordering.kit_components WHERE kit_id = $1";

    const string Make = "INSERT INTO ordering.kit_components (kit_id, variant_id, quantity) SELECT $1, variant_id, quantity FROM unnest($2::uuid[], $3::int[]) AS c (variant_id, quantity)";
}
