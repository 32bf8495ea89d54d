namespace Souk.Ordering.Inventory;

/// <summary>
/// <c>DELETE /v1/admin/stock/{variantId}/kit</c>: the variant is sold as itself again, from stock of its own, which is none yet. Sending it twice changes nothing
/// more. Orders that were placed keep the components they were sold with.
/// </summary>
internal static class RemoveKit
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapDelete("/v1/admin/stock/{variantId}/kit", Handle).ForStaff(Permission.StockWrite).WithName(nameof(RemoveKit));

    static async Task<Results<NoContent, Error>> Handle(VariantId variantId, NpgsqlDataSource db, Kits kits, OrderingOptions options, TimeProvider clock, CancellationToken cancel)
    {
        await using (var connection = await db.OpenConnectionAsync(cancel))
        await using (var transaction = await connection.BeginTransactionAsync(cancel))
        {
            if ((await connection.LockStockAsync([variantId.Value], options, skipLocked: false)).Count == 0) return StockErrors.VariantNotFound;
            await using (var batch = connection.CreateBatch().Add(SetKit.Forget, variantId.Value).Add(SetKit.Mark, variantId.Value, false))
            {
                batch.AddStockChanges([new(variantId, 0, 0)], options, clock.GetUtcNow());
                await batch.ExecuteNonQueryAsync(cancel);
            }
            await transaction.CommitAsync(cancel);
        }
        kits.Tell();
        return TypedResults.NoContent();
    }
}
