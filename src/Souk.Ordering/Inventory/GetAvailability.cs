using System.ComponentModel;
using Souk.Contracts;

namespace Souk.Ordering.Inventory;

/// <summary>
/// <c>GET /v1/availability?variantIds=</c>: how many units of each variant can be sold this instant, in the order asked. A variant that was never
/// stocked has none. Exact when read; only an order holds what it shows.
/// </summary>
internal static class GetAvailability
{
    public const int VariantsMax = 100;

    public sealed record Availability(IReadOnlyList<Item> Items);
    public sealed record Item(VariantId VariantId, int Available, StockState StockState);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/availability", Handle).ForEveryone().WithName(nameof(GetAvailability));

    static async Task<Results<Ok<Availability>, Error>> Handle(HttpContext http,
        [Description("Up to 100 ids of variants, comma separated.")] string? variantIds, StockLevels levels, CancellationToken cancel)
    {
        if (QueryMembers.RefuseOthers(http, "variantIds") is { } unknown) return unknown;
        if (Read(variantIds) is not { } ids) return StockErrors.VariantIdsInvalid;

        var stocked = await levels.FindAsync([.. ids.Select(id => id.Value)], cancel);
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(new Availability([.. ids.Select(id => stocked.TryGetValue(id.Value, out var row)
            ? new Item(id, row.Available, StockStates.Read(row.State)) : new Item(id, 0, StockState.Out))]));
    }

    /// <summary>The ids, each once; null when they are none, too many or not of variants.</summary>
    internal static IReadOnlyList<VariantId>? Read(string? text)
    {
        var parts = text?.Split(',', VariantsMax + 1, StringSplitOptions.TrimEntries);
        if (parts is not { Length: <= VariantsMax }) return null;
        var ids = new List<VariantId>(parts.Length);
        foreach (var part in parts)
        {
            if (!VariantId.TryRead(part, out var id)) return null;
            if (!ids.Contains(id)) ids.Add(id);
        }
        return ids;
    }
}

/// <summary>What lies on the shelves this instant, read together for all who ask.</summary>
internal sealed class StockLevels(NpgsqlDataSource db)
    : SharedReads<Guid, (int Available, string State)>(db, Find, static row => new(row.GetGuid(0), (row.GetInt32(1), row.GetString(2))))
{
    const string Find = "SELECT variant_id, on_hand - reserved, state FROM ordering.stock WHERE variant_id = ANY($1)";
}
