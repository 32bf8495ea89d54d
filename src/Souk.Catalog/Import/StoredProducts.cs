namespace Souk.Catalog.Import;

/// <summary>What a product has of its own, without its variants; equal exactly when nothing of it need be written.</summary>
/// <param name="Texts">Language, name and description of each text, by language.</param>
/// <param name="Photos">Hashes in hexadecimal, in order.</param>
internal sealed record ProductFace(Guid CategoryId, string Status, string SortName, string Texts, string Photos)
{
    // No text of a checked product holds this character.
    const char Between = '\0';

    /// <summary>The beginning of the name in lower case: long enough to sort by, short enough for a cursor.</summary>
    public const int SortNameMax = 80;

    public static string SortNameOf(string name)
    {
        var lower = name.ToLowerInvariant();
        if (lower.Length <= SortNameMax) return lower;
        return char.IsHighSurrogate(lower[SortNameMax - 1]) ? lower[..(SortNameMax - 1)] : lower[..SortNameMax];
    }

    public static string Join(IEnumerable<ProductText> texts) =>
        string.Join(Between, texts.OrderBy(t => t.Language, StringComparer.Ordinal).SelectMany(t => new[] { t.Language, t.Name, t.Description }));

    public static string Join(IEnumerable<byte[]> photos) => string.Join(Between, photos.Select(Convert.ToHexStringLower));
}

/// <summary>A variant as the catalogue keeps it; equal exactly when nothing of it need be written.</summary>
/// <param name="Options">Name and value of each, in order.</param>
internal sealed record VariantFace(string Name, int WeightGrams, int Position, bool OnSale, string Options, string Photos)
{
    public static string Join(IEnumerable<VariantOption> options) => string.Join('\0', options.SelectMany(o => new[] { o.Name, o.Value }));
}

internal sealed record StoredProduct(Guid Id, string Slug, ProductFace Face);
internal sealed record StoredVariant(Guid Id, Guid ProductId, string Sku, VariantFace Face);

/// <summary>What a batch of the import finds in the database.</summary>
internal static class StoredProducts
{
    /// <summary>Locks the products of these slugs in order of id, and reads them with every variant of theirs or of these SKUs.</summary>
    public static async Task<(Dictionary<string, StoredProduct> BySlug, List<StoredVariant> Variants)> LockAsync(
        NpgsqlConnection connection, string[] slugs, string[] skus, CancellationToken cancel)
    {
        // Alone, not first in the batch: after a failure in the middle of a batch the driver may believe the statements behind it prepared.
        await connection.ExecuteAsync(Lock, [slugs], cancel);
        // The cast keeps one array of strings from being taken for the list of arguments.
        await using var batch = connection.CreateBatch().Add(Products, (object)slugs).Add(Texts, (object)slugs).Add(Variants, slugs, skus);
        await using var reader = await batch.ExecuteReaderAsync(cancel);

        var heads = new List<(Guid Id, string Slug, Guid CategoryId, string Status, string SortName, byte[][] Photos)>();
        while (await reader.ReadAsync(cancel))
            heads.Add((reader.GetGuid(0), reader.GetString(1), reader.GetGuid(2), reader.GetString(3), reader.GetString(4), reader.GetFieldValue<byte[][]>(5)));
        await reader.NextResultAsync(cancel);

        var texts = new List<(Guid ProductId, ProductText Text)>();
        while (await reader.ReadAsync(cancel)) texts.Add((reader.GetGuid(0), new(reader.GetString(1), reader.GetString(2), reader.GetString(3))));
        await reader.NextResultAsync(cancel);

        var variants = new List<StoredVariant>();
        while (await reader.ReadAsync(cancel))
        {
            var options = reader.GetFieldValue<string[]>(7).Zip(reader.GetFieldValue<string[]>(8), static (name, value) => new VariantOption(name, value));
            variants.Add(new(reader.GetGuid(0), reader.GetGuid(1), reader.GetString(2), new(reader.GetString(3), reader.GetInt32(4), reader.GetInt32(5),
                reader.GetBoolean(6), VariantFace.Join(options), ProductFace.Join(reader.GetFieldValue<byte[][]>(9)))));
        }

        var textsOf = texts.ToLookup(t => t.ProductId, t => t.Text);
        return (heads.ToDictionary(h => h.Slug, h => new StoredProduct(h.Id, h.Slug,
            new(h.CategoryId, h.Status, h.SortName, ProductFace.Join(textsOf[h.Id]), ProductFace.Join(h.Photos)))), variants);
    }

    const string Lock = "SELECT 1 FROM catalog.products WHERE slug = ANY($1) ORDER BY id FOR NO KEY UPDATE";

    const string Products = """
        SELECT p.id, p.slug, p.category_id, p.status, p.sort_name,
               ARRAY(SELECT m.sha256 FROM catalog.product_media m WHERE m.product_id = p.id ORDER BY m.position) AS photos
        FROM catalog.products p WHERE p.slug = ANY($1)
        """;

    const string Texts = """
        SELECT t.product_id, t.language, t.name, t.description
        FROM catalog.products p JOIN catalog.product_texts t ON t.product_id = p.id WHERE p.slug = ANY($1)
        """;

    const string Variants = """
        SELECT v.id, v.product_id, v.sku, v.name, v.weight_grams, v.position, v.on_sale,
               ARRAY(SELECT o.name FROM catalog.variant_options o WHERE o.variant_id = v.id ORDER BY o.position) AS option_names,
               ARRAY(SELECT o.value FROM catalog.variant_options o WHERE o.variant_id = v.id ORDER BY o.position) AS option_values,
               ARRAY(SELECT m.sha256 FROM catalog.variant_media m WHERE m.variant_id = v.id ORDER BY m.position) AS photos
        FROM catalog.variants v
        WHERE v.sku = ANY($2) OR v.product_id IN (SELECT p.id FROM catalog.products p WHERE p.slug = ANY($1))
        """;
}
