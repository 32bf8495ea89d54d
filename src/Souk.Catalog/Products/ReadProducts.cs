using Souk.Catalog.Media;

namespace Souk.Catalog.Products;

/// <summary>Reads whole products in one round trip, however many.</summary>
internal static class ReadProducts
{
    /// <summary>The language of those who ask for none that there is; every product has a name in it.</summary>
    public const string DefaultLanguage = "en";

    /// <summary>The active products among these ids, in the order of the ids; each in the language, or in the default one.</summary>
    /// <remarks>Whoever needs content and version of one moment opens a transaction of one snapshot around it.</remarks>
    public static async Task<List<Product>> ReadAsync(NpgsqlConnection connection, Guid[] ids, string language, CancellationToken cancel)
    {
        await using var batch = connection.CreateBatch().Add(Heads, ids, language, DefaultLanguage).Add(Variants, ids).Add(Options, ids).Add(Photos, ids);
        await using var reader = await batch.ExecuteReaderAsync(cancel);

        var heads = await RowsAsync(reader, static row => (Id: row.GetGuid(0), Slug: row.GetString(1), CategoryId: row.GetGuid(2), Version: row.GetInt32(3),
            Name: row.GetString(4), Description: row.GetString(5), Language: row.GetString(6), Rating: Rating.Of(row.GetInt32(7), row.GetInt32(8))), cancel);
        var variants = (await RowsAsync(reader, static row => (ProductId: row.GetGuid(0), Id: row.GetGuid(1), Sku: row.GetString(2), Name: row.GetString(3),
            WeightGrams: row.GetInt32(4), Price: row.IsDBNull(5) ? (Money?)null : new Money(row.GetInt64(5), row.GetString(6)),
            StockState: StockStates.Read(row.NullableString(7))), cancel)).ToLookup(v => v.ProductId);
        var options = (await RowsAsync(reader, static row => (VariantId: row.GetGuid(0), Name: row.GetString(1), Value: row.GetString(2)), cancel))
            .ToLookup(o => o.VariantId, o => (o.Name, o.Value));
        var photos = (await RowsAsync(reader, static row => (OwnerId: row.GetGuid(0), Photo: Photo(row.GetFieldValue<byte[]>(1), row.GetString(2))), cancel))
            .ToLookup(p => p.OwnerId, p => p.Photo);

        var products = heads.ToDictionary(head => head.Id, head => new Product(new(head.Id), head.Slug, head.Language, head.Name, head.Description, [new(head.CategoryId)],
            ChoicesOf(variants[head.Id].SelectMany(v => options[v.Id])),
            [.. variants[head.Id].Select(v => new Variant(new(v.Id), v.Sku, v.Name, options[v.Id].ToDictionary(o => o.Name, o => o.Value), v.Price, v.StockState,
                v.WeightGrams, [.. photos[v.Id]]))],
            [.. photos[head.Id]], head.Rating, head.Version));
        return [.. ids.Where(products.ContainsKey).Select(id => products[id])];
    }

    /// <summary>Each option once, with its values in the order of the variants.</summary>
    static IReadOnlyList<ProductOption> ChoicesOf(IEnumerable<(string Name, string Value)> options) =>
        [.. options.GroupBy(o => o.Name, o => o.Value).Select(o => new ProductOption(o.Key, [.. o.Distinct()]))];

    static Photo Photo(byte[] sha256, string contentType) => new(MediaName.Url(sha256, contentType), contentType);

    static async Task<List<T>> RowsAsync<T>(NpgsqlDataReader reader, Func<NpgsqlDataReader, T> read, CancellationToken cancel)
    {
        var rows = new List<T>();
        while (await reader.ReadAsync(cancel)) rows.Add(read(reader));
        await reader.NextResultAsync(cancel);
        return rows;
    }

    const string Heads = """
        SELECT p.id, p.slug, p.category_id, p.version, t.name, t.description, t.language, p.rating_sum, p.rating_count
        FROM catalog.products p CROSS JOIN LATERAL (
            SELECT t.name, t.description, t.language FROM catalog.product_texts t
            WHERE t.product_id = p.id AND t.language IN ($2, $3) ORDER BY t.language = $2 DESC LIMIT 1
        ) t
        WHERE p.id = ANY($1) AND p.status = 'active'
        """;

    const string Variants = """
        SELECT v.product_id, v.id, v.sku, v.name, v.weight_grams, o.amount, o.currency, o.stock_state
        FROM catalog.variants v LEFT JOIN catalog.offers o ON o.variant_id = v.id
        WHERE v.product_id = ANY($1) AND v.on_sale
        ORDER BY v.product_id, v.position, v.id
        """;

    const string Options = """
        SELECT o.variant_id, o.name, o.value
        FROM catalog.variants v JOIN catalog.variant_options o ON o.variant_id = v.id
        WHERE v.product_id = ANY($1) AND v.on_sale
        ORDER BY o.position, v.position, v.id
        """;

    const string Photos = """
        SELECT l.owner_id, m.sha256, m.content_type
        FROM (
            SELECT product_id AS owner_id, sha256, position FROM catalog.product_media WHERE product_id = ANY($1)
            UNION ALL
            SELECT l.variant_id, l.sha256, l.position FROM catalog.variant_media l JOIN catalog.variants v ON v.id = l.variant_id
            WHERE v.product_id = ANY($1) AND v.on_sale
        ) AS l JOIN catalog.media m USING (sha256)
        ORDER BY l.owner_id, l.position, m.sha256
        """;
}
