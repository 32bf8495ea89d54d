using Souk.Contracts;
using Souk.Platform.Bus;
using Souk.Platform.Money;
using Souk.Platform.Outbox;
using Souk.Pricing.Quotes;

namespace Souk.Pricing.Prices;

/// <summary>
/// Sets many list prices at once, all or none. A price that did not change writes nothing and tells nothing; every change counts its variant's version
/// up by one and tells <see cref="ListPriceChanged"/> with that version, in the same transaction.
/// </summary>
/// <remarks>Variants are locked in order of id, so that rival calls queue instead of deadlocking.</remarks>
internal static class SetListPrices
{
    public const int PricesMax = 1_000;

    /// <summary>How many prices were new or changed.</summary>
    public static async Task<int> RunAsync(NpgsqlDataSource db, IBus bus, IReadOnlyList<ListPrice> prices, DateTimeOffset now, CancellationToken cancel)
    {
        Check(prices);
        if (prices.Count == 0) return 0;
        await using var connection = await db.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        Guid[] variants = [.. prices.Select(p => p.VariantId.Value).Distinct()];
        await connection.ExecuteAsync(Enter, [variants], cancel);
        await connection.ExecuteAsync(Lock, [variants], cancel);
        var changed = await ChangeAsync(connection, prices, now, cancel);
        await transaction.CommitAsync(cancel);
        if (changed > 0) PriceChanges.Tell(bus);
        return changed;
    }

    /// <summary>Changes prices of variants that this transaction has locked; answers how many changed.</summary>
    internal static async Task<int> ChangeAsync(NpgsqlConnection connection, IReadOnlyList<ListPrice> prices, DateTimeOffset now, CancellationToken cancel)
    {
        var changed = await connection.QueryAsync(Change,
            static row => (VariantId: new VariantId(row.GetGuid(0)), Price: new Money(row.GetInt64(1), row.GetString(2)), Version: row.GetInt32(3)),
            [prices.Select(p => p.VariantId.Value).ToArray(), prices.Select(p => p.Price.Currency).ToArray(), prices.Select(p => p.Price.Amount).ToArray()], cancel);
        if (changed.Count == 0) return 0;
        await using var batch = connection.CreateBatch();
        foreach (var (variant, price, version) in changed)
            batch.AddEvent(variant.Value, version, now, new ListPriceChanged(variant, price));
        // Last, since all who change prices wait for each other here.
        batch.Add(PriceChanges.Count);
        await batch.ExecuteNonQueryAsync(cancel);
        return changed.Count;
    }

    static void Check(IReadOnlyList<ListPrice> prices)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(prices.Count, PricesMax, nameof(prices));
        if (prices.FirstOrDefault(p => p.Price.Amount is < 0 or > QuoteMath.AmountMax || !Currencies.Exists(p.Price.Currency)) is { } wrong)
            throw new ArgumentException($"{wrong.VariantId} cannot cost {wrong.Price}.", nameof(prices));
        if (prices.DistinctBy(p => (p.VariantId, p.Price.Currency)).Count() < prices.Count)
            throw new ArgumentException("A variant has two prices in one currency.", nameof(prices));
    }

    const string Enter = """
        INSERT INTO pricing.priced_variants (variant_id, version)
        SELECT variant_id, 0 FROM unnest($1::uuid[]) AS given (variant_id) ORDER BY variant_id
        ON CONFLICT DO NOTHING
        """;

    const string Lock = "SELECT 1 FROM pricing.priced_variants WHERE variant_id = ANY($1) ORDER BY variant_id FOR NO KEY UPDATE";

    const string Change = """
        WITH given AS (
            SELECT * FROM unnest($1::uuid[], $2::bpchar[], $3::bigint[]) AS g (variant_id, currency, amount)
        ), changed AS (
            INSERT INTO pricing.list_prices AS p (variant_id, currency, amount)
            SELECT variant_id, currency, amount FROM given
            ON CONFLICT (variant_id, currency) DO UPDATE SET amount = excluded.amount WHERE p.amount <> excluded.amount
            RETURNING p.variant_id, p.currency, p.amount
        ), counted AS (
            UPDATE pricing.priced_variants v SET version = v.version + c.changes
            FROM (SELECT variant_id, count(*)::int AS changes FROM changed GROUP BY variant_id) AS c
            WHERE v.variant_id = c.variant_id
            RETURNING v.variant_id, v.version - c.changes AS before
        )
        SELECT c.variant_id, c.amount, c.currency,
               (n.before + row_number() OVER (PARTITION BY c.variant_id ORDER BY c.currency))::int AS version
        FROM changed c JOIN counted n USING (variant_id)
        ORDER BY c.variant_id, version
        """;
}
