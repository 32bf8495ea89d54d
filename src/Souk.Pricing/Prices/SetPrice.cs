using System.ComponentModel.DataAnnotations;
using Souk.Platform.Bus;
using Souk.Platform.Money;
using Souk.Pricing.Quotes;

namespace Souk.Pricing.Prices;

/// <summary>
/// <c>PUT /v1/admin/prices/{variantId}</c>: sets a variant's list price in one currency; prices in other currencies stay. Needs If-Match with the ETag of
/// <see cref="GetPrices"/>. Orders already placed keep what they cost; carts and new orders
/// have the new price at once on the node that answered and within a second on the others; pages show it within seconds.
/// </summary>
/// <remarks>Refusals, in this order: 428 or 412 for If-Match, 422 for the price, 404 for a variant without any price, 412 for a version that has passed.</remarks>
internal static class SetPrice
{
    public sealed record Request([Required] long? Amount, [Required] string? Currency);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPut("/v1/admin/prices/{variantId}", Handle).ForStaff(Permission.PricesWrite).WithName(nameof(SetPrice));

    static async Task<Results<Ok<GetPrices.VariantPrices>, Error>> Handle(
        VariantId variantId, Request request, IfMatch match, HttpContext http, NpgsqlDataSource db, IBus bus, TimeProvider clock, CancellationToken cancel)
    {
        if (match.Required().Refused(out var error, out var version)) return error;
        if (Refuse(request) is { } wrong) return wrong;

        await using var connection = await db.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (await connection.QueryFirstAsync(Lock, static row => (int?)row.GetInt32(0), [variantId.Value], cancel) is not { } current) return PriceErrors.NotFound;
        if (current != version) return ETag.VersionMismatch;
        await SetListPrices.ChangeAsync(connection, [new(variantId, new(request.Amount!.Value, request.Currency!))], clock.GetUtcNow(), cancel);
        var prices = (await GetPrices.ReadAsync(connection, variantId, cancel))!;
        await transaction.CommitAsync(cancel);
        PriceChanges.Tell(bus);

        ETag.Set(http, prices.Version);
        return TypedResults.Ok(prices);
    }

    internal static Error? Refuse(Request request)
    {
        List<(string, string)> wrong = [];
        if (request.Amount is not (>= 0 and <= QuoteMath.AmountMax)) wrong.Add(("/amount", $"A price is 0 to {QuoteMath.AmountMax} minor units."));
        if (request.Currency is null || !Currencies.Exists(request.Currency)) wrong.Add(("/currency", "A currency is a code of ISO 4217 in upper case, such as USD."));
        return Error.Invalid(wrong);
    }

    const string Lock = "SELECT version FROM pricing.priced_variants WHERE variant_id = $1 FOR NO KEY UPDATE";
}
