using Souk.Catalog.Products;

namespace Souk.Catalog.Import;

/// <summary>
/// Stores a batch of checked products in the connection's transaction: new ones are made, changed ones get a new version, equal ones are not touched.
/// Variants that the file does not name stay as they are.
/// </summary>
internal static class SaveProducts
{
    /// <param name="Variants">Every variant of the batch that the catalogue now has, with its id.</param>
    /// <param name="Refused">What could be seen only beside what is stored.</param>
    public sealed record Saved(ImportCount Products, ImportCount VariantCount, ImportCount Reviews, IReadOnlyList<(VariantId Id, CheckedVariant Variant)> Variants,
        IReadOnlyList<(int Line, string What, string Reason)> Refused);

    sealed record Row(Guid Id, CheckedProduct Product, ProductFace Face, IReadOnlyList<byte[]> Photos);
    sealed record VariantRow(Guid Id, Guid ProductId, CheckedVariant Variant, byte[]? Photo);

    public static async Task<Saved> RunAsync(NpgsqlConnection connection, IReadOnlyList<CheckedProduct> products, PhotoFolder photos,
        TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        await connection.ExecuteAsync(CatalogChanges.Take, [], cancel);
        var (stored, storedVariants) = await StoredProducts.LockAsync(connection, [.. products.Select(p => p.Slug)],
            [.. products.SelectMany(p => p.Variants.Select(v => v.Sku))], cancel);
        var bySku = storedVariants.ToDictionary(v => v.Sku);
        var byProduct = storedVariants.ToLookup(v => v.ProductId);

        var (changed, changedVariants, taken) = (new List<Row>(), new List<VariantRow>(), new List<(VariantId, CheckedVariant)>());
        var refused = new List<(int, string, string)>();
        var (kept, own) = (0, 0);
        foreach (var product in products)
        {
            var before = stored.GetValueOrDefault(product.Slug);
            var id = before?.Id ?? ProductId.New(clock).Value;
            var variants = new List<(VariantRow Row, bool Changed)>();
            foreach (var variant in product.Variants)
            {
                var known = bySku.GetValueOrDefault(variant.Sku);
                if (known is not null && known.ProductId != id)
                {
                    refused.Add((product.Line, variant.Sku, "Another product of the shop has this SKU."));
                    continue;
                }
                var photo = variant.Photo is null ? null : photos.HashOf(variant.Photo);
                variants.Add((new(known?.Id ?? VariantId.New(clock).Value, id, variant, photo), known?.Face != FaceOf(variant, photo)));
            }
            if (variants.Count == 0)
            {
                refused.Add((product.Line, product.Name, "None of its variants can be taken."));
                continue;
            }

            var named = variants.Select(v => v.Row.Id).ToHashSet();
            var onSale = variants.Any(v => v.Row.Variant.OnSale) || byProduct[id].Any(v => v.Face.OnSale && !named.Contains(v.Id));
            byte[][] shown = [.. variants.Select(v => v.Row.Photo).OfType<byte[]>().DistinctBy(Convert.ToHexStringLower)];
            var face = new ProductFace(await CategoryPaths.EnsureAsync(connection, product.Categories, clock, cancel), onSale ? "active" : "archived",
                ProductFace.SortNameOf(product.Name), ProductFace.Join(product.Texts), ProductFace.Join(shown));
            var ownChange = before?.Face != face;
            if (ownChange) own++;
            if (ownChange || variants.Any(v => v.Changed)) changed.Add(new(id, product, face, shown));
            changedVariants.AddRange(variants.Where(v => v.Changed).Select(v => v.Row));
            taken.AddRange(variants.Select(v => (new VariantId(v.Row.Id), v.Row.Variant)));
            kept++;
        }
        if (changed.Count > 0) await WriteAsync(connection, changed, changedVariants, now, cancel);
        var reviews = await SaveReviews.RunAsync(connection, taken, clock, cancel);
        return new(ImportCount.Of(kept, own), ImportCount.Of(taken.Count, changedVariants.Count), reviews, taken, refused);
    }

    static VariantFace FaceOf(CheckedVariant variant, byte[]? photo) => new(variant.Name, variant.WeightGrams, variant.Position, variant.OnSale,
        VariantFace.Join(variant.Options), ProductFace.Join(photo is null ? [] : [photo]));

    /// <summary>Rows that hang on a changed product or variant are replaced whole: there are few, and so no stale one can stay.</summary>
    static async Task WriteAsync(NpgsqlConnection connection, List<Row> products, List<VariantRow> variants, DateTimeOffset now, CancellationToken cancel)
    {
        Guid[] productIds = [.. products.Select(p => p.Id)], variantIds = [.. variants.Select(v => v.Id)];
        var texts = products.SelectMany(p => p.Product.Texts, (p, t) => (p.Id, Text: t)).ToList();
        var photos = products.SelectMany(p => p.Photos.Index(), (p, photo) => (p.Id, photo.Index, photo.Item)).ToList();
        var options = variants.SelectMany(v => v.Variant.Options.Index(), (v, option) => (v.Id, option.Index, option.Item)).ToList();
        var variantPhotos = variants.Where(v => v.Photo is not null).ToList();

        await using var batch = connection.CreateBatch();
        batch.Add(CatalogChanges.Count);
        batch.Add(Products, productIds, products.Select(p => p.Product.Slug).ToArray(), products.Select(p => p.Face.CategoryId).ToArray(),
            products.Select(p => p.Face.Status).ToArray(), products.Select(p => p.Face.SortName).ToArray(), now);
        batch.Add(DropTexts, productIds);
        batch.Add(Texts, texts.Select(t => t.Id).ToArray(), texts.Select(t => t.Text.Language).ToArray(), texts.Select(t => t.Text.Name).ToArray(),
            texts.Select(t => t.Text.Description).ToArray());
        batch.Add(DropProductPhotos, productIds);
        batch.Add(ProductPhotos, photos.Select(p => p.Id).ToArray(), photos.Select(p => p.Item).ToArray(), photos.Select(p => p.Index).ToArray());
        batch.Add(Variants, variantIds, variants.Select(v => v.ProductId).ToArray(), variants.Select(v => v.Variant.Sku).ToArray(), variants.Select(v => v.Variant.Name).ToArray(),
            variants.Select(v => v.Variant.WeightGrams).ToArray(), variants.Select(v => v.Variant.Position).ToArray(), variants.Select(v => v.Variant.OnSale).ToArray());
        batch.Add(DropOptions, variantIds);
        batch.Add(Options, options.Select(o => o.Id).ToArray(), options.Select(o => o.Item.Name).ToArray(),
            options.Select(o => o.Item.Value).ToArray(), options.Select(o => o.Index).ToArray());
        batch.Add(DropVariantPhotos, variantIds);
        batch.Add(VariantPhotos, variantPhotos.Select(v => v.Id).ToArray(), variantPhotos.Select(v => v.Photo!).ToArray());
        batch.Add(ListColumns.OfProducts, productIds);
        batch.Add(Languages, (object)texts.Select(t => t.Text.Language).Distinct().ToArray());
        await batch.ExecuteNonQueryAsync(cancel);
    }

    const string Products = """
        INSERT INTO catalog.products AS p (id, slug, category_id, status, sort_name, version, created_at, updated_at, changed)
        SELECT id, slug, category_id, status, sort_name, 1, $6, $6, (SELECT version FROM catalog.changes)
        FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[]) AS given (id, slug, category_id, status, sort_name)
        ON CONFLICT (id) DO UPDATE SET category_id = excluded.category_id, status = excluded.status, sort_name = excluded.sort_name,
            version = p.version + 1, updated_at = greatest(p.updated_at, excluded.updated_at), changed = excluded.changed
        """;

    const string Languages = """
        INSERT INTO catalog.languages (language) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING
        """;

    const string DropTexts = "DELETE FROM catalog.product_texts WHERE product_id = ANY($1)";

    const string Texts = """
        INSERT INTO catalog.product_texts (product_id, language, name, description)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[])
        """;

    const string DropProductPhotos = "DELETE FROM catalog.product_media WHERE product_id = ANY($1)";

    const string ProductPhotos = """
        INSERT INTO catalog.product_media (product_id, sha256, position) SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::int[])
        """;

    const string Variants = """
        INSERT INTO catalog.variants (id, product_id, sku, name, weight_grams, position, on_sale)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::int[], $6::int[], $7::boolean[])
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, weight_grams = excluded.weight_grams, position = excluded.position, on_sale = excluded.on_sale
        """;

    const string DropOptions = "DELETE FROM catalog.variant_options WHERE variant_id = ANY($1)";

    const string Options = """
        INSERT INTO catalog.variant_options (variant_id, name, value, position) SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[])
        """;

    const string DropVariantPhotos = "DELETE FROM catalog.variant_media WHERE variant_id = ANY($1)";

    const string VariantPhotos = """
        INSERT INTO catalog.variant_media (variant_id, sha256, position) SELECT *, 0 FROM unnest($1::uuid[], $2::bytea[])
        """;
}
