using System.Data;

namespace Souk.Ordering.Inventory;

/// <summary>
/// Whether the books of stock sum, for the doctor and for staff (<c>GET /v1/admin/stock-books</c>): what lies on all shelves of a variant is the sum of its levels
/// and of its movements, and what is reserved is what open orders and held carts take. All of one instant, without locks.
/// </summary>
/// <remarks>Reads all stock, levels, movements and orders: seconds in a large shop. Not for a dashboard.</remarks>
public static class StockBooks
{
    /// <summary>Variants that an answer names.</summary>
    public const int WrongMax = 100;

    const int SecondsMax = 300;

    /// <param name="Variants">How many have stock.</param>
    /// <param name="WrongTotal">How many of them do not sum.</param>
    /// <param name="Wrong">The first 100 of those, by variant.</param>
    public sealed record Books(long Variants, long WrongTotal, IReadOnlyList<Imbalance> Wrong);

    /// <param name="VariantId">The variant.</param>
    /// <param name="OnHand">Units on all shelves, as its row says.</param>
    /// <param name="Levels">The sum of its levels.</param>
    /// <param name="Movements">The sum of its movements; all three should be the same.</param>
    /// <param name="Reserved">Units that are promised, as its row says.</param>
    /// <param name="Promised">What open orders and held carts take of it; both should be the same.</param>
    public sealed record Imbalance(VariantId VariantId, int OnHand, long Levels, long Movements, int Reserved, long Promised);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/admin/stock-books", Handle).ForStaff(Permission.StockRead).WithName(nameof(StockBooks));

    static async Task<Ok<Books>> Handle(HttpContext http, NpgsqlDataSource db, CancellationToken cancel)
    {
        http.Response.Headers.CacheControl = "private, no-store";
        await using var connection = await db.OpenConnectionAsync(cancel);
        return TypedResults.Ok(await RunAsync(connection, cancel));
    }

    /// <summary>Sums them in a transaction of its own on this connection.</summary>
    public static async Task<Books> RunAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancel);
        await connection.ExecuteAsync("SELECT set_config('statement_timeout', $1, true)", [$"{SecondsMax}s"], cancel);
        var variants = await connection.QueryFirstAsync(Count, static row => row.GetInt64(0), [], cancel);
        var rows = await connection.QueryAsync(Sums, static row => new Imbalance(new(row.GetGuid(0)), row.GetInt32(1), row.GetInt64(2), row.GetInt64(3), row.GetInt32(4), 0), [], cancel);
        var promised = (await connection.QueryAsync(Promises, static row => (Id: row.GetString(0), Units: row.GetInt64(1)), [], cancel)).ToDictionary(p => p.Id, p => p.Units);
        await transaction.RollbackAsync(cancel);
        return Compare(variants, rows, promised);
    }

    /// <summary>Finds what does not sum. Pure.</summary>
    /// <param name="rows">All variants of which something is reserved, and those whose shelves do not sum.</param>
    /// <param name="promised">By printed id; of a variant that is not among the rows nothing is reserved.</param>
    internal static Books Compare(long variants, IReadOnlyList<Imbalance> rows, IReadOnlyDictionary<string, long> promised)
    {
        var known = rows.Select(r => r.VariantId.ToString()).ToHashSet();
        var wrong = rows.Select(r => r with { Promised = promised.GetValueOrDefault(r.VariantId.ToString()) })
            .Concat(promised.Where(p => p.Value != 0 && !known.Contains(p.Key)).Select(p => new Imbalance(VariantId.TryRead(p.Key, out var id) ? id : VariantId.None, 0, 0, 0, 0, p.Value)))
            .Where(r => r.OnHand != r.Levels || r.OnHand != r.Movements || r.Reserved != r.Promised).OrderBy(r => r.VariantId).ToList();
        return new(variants, wrong.Count, [.. wrong.Take(WrongMax)]);
    }

    const string Count = "SELECT count(*) FROM ordering.stock";

    const string Sums = """
        SELECT s.variant_id, s.on_hand, coalesce(l.units, 0)::bigint, coalesce(m.units, 0)::bigint, s.reserved
        FROM ordering.stock s
        LEFT JOIN (SELECT variant_id, sum(on_hand) AS units FROM ordering.stock_levels GROUP BY variant_id) AS l USING (variant_id)
        LEFT JOIN (SELECT variant_id, sum(delta) AS units FROM ordering.stock_movements GROUP BY variant_id) AS m USING (variant_id)
        WHERE s.reserved <> 0 OR s.on_hand <> coalesce(l.units, 0) OR s.on_hand <> coalesce(m.units, 0)
        """;

    // An order takes stock until it is closed or its units leave the shelf; a kit as the components that it was sold with.
    const string Promises = """
        SELECT u.id, sum(u.units)::bigint
        FROM (
            SELECT l.line ->> 'variantId' AS id, (l.line ->> 'quantity')::bigint AS quantity, l.line -> 'components' AS components
            FROM ordering.orders o CROSS JOIN LATERAL jsonb_array_elements(o.lines) AS l (line)
            WHERE o.status IN ('placed', 'paid') AND NOT o.off_shelf
            UNION ALL
            SELECT h.unit ->> 'variantId', (h.unit ->> 'quantity')::bigint, NULL
            FROM ordering.carts c CROSS JOIN LATERAL jsonb_array_elements(c.held) AS h (unit)
            WHERE c.held IS NOT NULL
        ) AS taken CROSS JOIN LATERAL (
            SELECT taken.id, taken.quantity WHERE taken.components IS NULL
            UNION ALL
            SELECT p.part ->> 'variantId', (p.part ->> 'quantity')::bigint * taken.quantity FROM jsonb_array_elements(taken.components) AS p (part)
        ) AS u (id, units)
        GROUP BY u.id
        """;
}
