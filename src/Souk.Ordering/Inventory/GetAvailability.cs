using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Souk.Contracts;

namespace Souk.Ordering.Inventory;

/// <summary>
/// <c>GET /v1/availability?variantIds=</c>: how many units of each variant can be sold this instant, in the order asked. A variant that was never
/// stocked has none; of a kit as many as its scarcest component allows. Exact when read; only an order holds what it shows.
/// </summary>
internal static class GetAvailability
{
    public const int VariantsMax = 100;

    public sealed record Availability(IReadOnlyList<Item> Items);

    /// <param name="Available">Units that an order can take, from the shelf and beyond it.</param>
    /// <param name="OnShelf">Units of them that lie there.</param>
    /// <param name="Backorder">How the others are sold; absent when none are. Then <c>expectedAt</c> says when they come, where staff know.</param>
    /// <param name="ExpectedAt">When units come that are on their way.</param>
    public sealed record Item(VariantId VariantId, int Available, StockState StockState, int OnShelf, [AllowedValues("backorder", "preorder")] string? Backorder = null,
        DateTimeOffset? ExpectedAt = null);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/availability", Handle).ForEveryone().WithName(nameof(GetAvailability));

    static async Task<Results<Ok<Availability>, Error>> Handle(HttpContext http,
        [Description("Up to 100 ids of variants, comma separated.")] string? variantIds, StockLevels levels, Kits kits, OrderingOptions options, CancellationToken cancel)
    {
        if (QueryMembers.RefuseOthers(http, "variantIds") is { } unknown) return unknown;
        if (Read(variantIds) is not { } ids) return StockErrors.VariantIdsInvalid;

        var all = await kits.AllAsync(cancel);
        var stocked = await levels.FindAsync([.. ids.SelectMany(id => all.TryGetValue(id, out var kit) ? kit.Select(c => c.VariantId.Value) : [id.Value]).Distinct()], cancel);
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(new Availability([.. ids.Select(id => all.TryGetValue(id, out var kit)
            ? StockLevels.Level.OfKit([.. kit.Select(c => (c.Quantity, LevelOf(c.VariantId)))], options.LowStock).Show(id) : LevelOf(id).Show(id))]));

        StockLevels.Level LevelOf(VariantId id) => stocked.GetValueOrDefault(id.Value, StockLevels.Level.None);
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
internal sealed class StockLevels(NpgsqlDataSource db) : SharedReads<Guid, StockLevels.Level>(db, Find, static row => new(row.GetGuid(0),
    new(row.GetInt32(1), row.GetInt32(2), StockStates.Read(row.GetString(3)), row.NullableString(4), row.Nullable<DateTimeOffset>(5))))
{
    /// <param name="OnShelf">Negative when less lies there than is promised or to be kept.</param>
    /// <param name="Beyond">What may be sold beyond the shelf, in all.</param>
    internal sealed record Level(int OnShelf, int Beyond, StockState State, string? Backorder, DateTimeOffset? ExpectedAt)
    {
        public static readonly Level None = new(0, 0, StockState.Out, null, null);

        public int Available => Math.Max(0, OnShelf + Beyond);

        /// <summary>As many kits as the scarcest component allows. Pure.</summary>
        public static Level OfKit(IReadOnlyList<(int Quantity, Level Of)> components, int lowStock)
        {
            var (onShelf, available) = (components.Min(c => Math.Max(0, c.Of.OnShelf) / c.Quantity), components.Min(c => c.Of.Available / c.Quantity));
            var state = onShelf > lowStock ? StockState.InStock : onShelf > 0 ? StockState.Low : available > 0 ? StockState.Backorder : StockState.Out;
            return new(onShelf, available - onShelf, state, available == onShelf ? null : components.Select(c => c.Of.Backorder).FirstOrDefault(kind => kind is not null),
                components.Max(c => c.Of.ExpectedAt));
        }

        public GetAvailability.Item Show(VariantId id) => new(id, Available, State, Math.Max(0, OnShelf), Backorder, ExpectedAt);
    }

    const string Find = """
        SELECT variant_id, on_hand - reserved - safety_stock, backorder_limit, state, backorder_kind, incoming_at FROM ordering.stock WHERE variant_id = ANY($1)
        """;
}
