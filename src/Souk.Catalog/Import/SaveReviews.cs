using Souk.Catalog.Products;

namespace Souk.Catalog.Import;

/// <summary>
/// Stores the reviews of a batch in the connection's transaction and keeps the ratings of their products. One is known again by its variant, author and day;
/// those that the file does not name stay.
/// </summary>
internal static class SaveReviews
{
    /// <param name="taken">The variants of the batch that the catalogue has; the reviews of others are left out with them.</param>
    public static async Task<ImportCount> RunAsync(NpgsqlConnection connection,
        IReadOnlyList<(VariantId Id, CheckedVariant Variant)> taken, TimeProvider clock, CancellationToken cancel)
    {
        var reviews = taken.SelectMany(v => v.Variant.Reviews, (v, review) => (v.Id, Review: review)).ToList();
        if (reviews.Count == 0) return default;
        var changed = await connection.QueryAsync(Save, static row => row.GetGuid(0),
        [
            reviews.Select(_ => ReviewId.New(clock).Value).ToArray(), reviews.Select(r => r.Id.Value).ToArray(), reviews.Select(r => r.Review.Author).ToArray(),
            reviews.Select(r => r.Review.Rating).ToArray(), reviews.Select(r => r.Review.Text).ToArray(), reviews.Select(r => r.Review.WrittenAt).ToArray(),
        ], cancel);
        if (changed.Count > 0)
        {
            await connection.ExecuteAsync(CatalogChanges.Count, [], cancel);
            await connection.ExecuteAsync(Rate, [changed.Distinct().ToArray(), clock.GetUtcNow()], cancel);
        }
        return ImportCount.Of(reviews.Count, changed.Count);
    }

    // Tells the product of every review that is new or changed.
    const string Save = """
        INSERT INTO catalog.reviews AS r (id, product_id, variant_id, author, rating, text, written_at)
        SELECT given.id, v.product_id, v.id, given.author, given.rating, given.text, given.written_at
        FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[], $5::text[], $6::timestamptz[]) AS given (id, variant_id, author, rating, text, written_at)
        JOIN catalog.variants v ON v.id = given.variant_id
        ON CONFLICT (variant_id, author, written_at) DO UPDATE SET rating = excluded.rating, text = excluded.text
        WHERE (r.rating, r.text) IS DISTINCT FROM (excluded.rating, excluded.text)
        RETURNING r.product_id
        """;

    const string Rate = """
        UPDATE catalog.products p SET rating_count = rated.count, rating_sum = rated.sum, version = p.version + 1, updated_at = greatest(p.updated_at, $2),
            changed = (SELECT version FROM catalog.changes)
        FROM (
            SELECT r.product_id, count(*)::int AS count, sum(r.rating)::int AS sum FROM catalog.reviews r WHERE r.product_id = ANY($1) GROUP BY r.product_id
        ) rated
        WHERE p.id = rated.product_id
        """;
}
