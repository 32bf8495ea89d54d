using System.ComponentModel.DataAnnotations;
using Souk.Contracts;

namespace Souk.Ordering.Inventory;

/// <summary>
/// <c>PUT /v1/admin/stock/{variantId}/locations/{locationId}</c> <c>{onHand}</c>: somebody counted the shelf. Idempotent. What is promised to orders
/// stays promised: a count below it is refused.
/// </summary>
/// <remarks>
/// If-Match is optional here, unlike elsewhere: a count is a fact about the shelf, not an edit of what was read. Refusals, in this order: 422 for the
/// count, 412 for a tag no level has, 404 for location and variant, 412 for a level that has changed, 409 <c>stock_reserved</c>.
/// </remarks>
internal static class SetStockLevel
{
    public sealed record Request([Required] int? OnHand);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPut("/v1/admin/stock/{variantId}/locations/{locationId}", Handle).ForStaff(Permission.StockWrite).WithName(nameof(SetStockLevel))
            .WithMetadata(OldReasons.OfStock);

    static async Task<Results<Ok<ReadStock.VariantStock>, Error>> Handle(VariantId variantId, LocationId locationId, Request request, [OptionalHeader] IfMatch match, Caller caller, HttpContext http,
        NpgsqlDataSource db, ICatalog catalog, OrderingOptions options, TimeProvider clock, CancellationToken cancel)
    {
        if (Refuse(request) is { } invalid) return invalid;
        if (match.Optional().Refused(out var precondition, out var version)) return precondition;
        var (onHand, now) = (request.OnHand!.Value, clock.GetUtcNow());

        await using (var connection = await db.OpenConnectionAsync(cancel))
        await using (var transaction = await connection.BeginTransactionAsync(cancel))
        {
            if (await MoveStock.LockAsync(connection, catalog, variantId, locationId, cancel) is { } absent) return absent;
            var (before, current) = await connection.QueryFirstAsync(Find, static row => (row.GetInt32(0), row.GetInt32(1)), [variantId.Value, locationId.Value], cancel);
            if (version is { } expected && expected != current) return ETag.VersionMismatch;
            if (onHand != before || current == 0)
            {
                var move = new SetStock.Move(Guid.CreateVersion7(now), variantId, locationId.Value, onHand - before,
                    new("counted", caller.ActorId, now));
                if (await MoveStock.RunAsync(connection, move, options, cancel) is { } refused) return refused;
                current++;
            }
            await transaction.CommitAsync(cancel);
            ETag.Set(http, current);
        }
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Ok((await ReadStock.FindAsync(db, variantId, cancel))!);
    }

    internal static Error? Refuse(Request request) => request.OnHand is >= 0 and <= SetStock.OnHandMax ? null
        : Error.Invalid("/onHand", $"A level is 0 to {SetStock.OnHandMax} units.");

    const string Find = "SELECT on_hand, version FROM ordering.stock_levels WHERE variant_id = $1 AND location_id = $2";
}
