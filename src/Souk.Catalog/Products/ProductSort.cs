namespace Souk.Catalog.Products;

/// <summary>Where a row stands in an order: by name, or by a number, and among equals by id.</summary>
/// <param name="Number">Price in minor units, rating in hundredths, or ticks of the time it was made.</param>
internal sealed record ProductKey(string Text, long Number, Guid Id);

/// <summary>An order of products with the statements that read it from a key on, up or down. Each walks an index.</summary>
/// <param name="Name">The value of <c>?sort=</c>.</param>
/// <param name="Up">The order is the ascending one.</param>
/// <param name="After">Reads ascending from a key on.</param>
/// <param name="Before">Reads descending from a key on.</param>
/// <param name="AfterFound">The same among what a search finds.</param>
/// <param name="Value">The key as the statements take it.</param>
internal sealed record ProductSort(string Name, bool Up, string After, string Before, string AfterFound, string BeforeFound,
    Func<NpgsqlDataReader, ProductKey> Read, Func<ProductKey, object> Value)
{
    public static readonly IReadOnlyList<ProductSort> All =
    [
        ByName("name", up: true), ByName("-name", up: false),
        ByPrice("price", up: true), ByPrice("-price", up: false),
        ByAge("createdAt", up: true), ByAge("-createdAt", up: false),
        new("rating", false, AfterRating, BeforeRating, AfterRatingFound, BeforeRatingFound, ReadNumber, static key => key.Number),
    ];

    /// <summary>Before and behind every row. No name holds so many of the last character, no product was made before 1970.</summary>
    static readonly ProductKey First = new("", 0, Guid.Empty);
    static readonly ProductKey Last = new(string.Concat(Enumerable.Repeat("\U0010FFFF", 81)), long.MaxValue, Guid.AllBitsSet);

    public string Statement(bool backward, bool found) => (Up ^ backward, found) switch
    {
        (true, false) => After,
        (true, true) => AfterFound,
        (false, false) => Before,
        (false, true) => BeforeFound,
    };

    /// <summary>Before the first row that the filter lets through, so that a walk by price begins where the prices do.</summary>
    public ProductKey Start(bool backward, long? priceMin, long? priceMax) => (Up ^ backward, Name is "price" or "-price") switch
    {
        (true, true) => First with { Number = priceMin ?? First.Number },
        (false, true) => Last with { Number = priceMax ?? Last.Number },
        (true, false) => First,
        (false, false) => Last,
    };

    static ProductSort ByName(string name, bool up) => new(name, up, AfterName, BeforeName, AfterNameFound, BeforeNameFound,
        static row => new(row.GetString(1), 0, row.GetGuid(0)), static key => key.Text);

    static ProductSort ByPrice(string name, bool up) => new(name, up, AfterPrice, BeforePrice, AfterPriceFound, BeforePriceFound, ReadNumber, static key => key.Number);

    static ProductSort ByAge(string name, bool up) => new(name, up, AfterAge, BeforeAge, AfterAgeFound, BeforeAgeFound,
        static row => new("", row.GetFieldValue<DateTimeOffset>(1).UtcTicks, row.GetGuid(0)), static key => new DateTimeOffset(Math.Clamp(key.Number, TicksMin, TicksMax), TimeSpan.Zero));

    static ProductKey ReadNumber(NpgsqlDataReader row) => new("", row.GetInt64(1), row.GetGuid(0));

    /// <summary>Times that the database takes as they are, not as infinity.</summary>
    static readonly long TicksMin = DateTime.UnixEpoch.Ticks, TicksMax = new DateTime(9999, 1, 1).Ticks;

    const string Filters = """
        status = 'active' AND ($1::uuid[] IS NULL OR category_id = ANY($1::uuid[])) AND ($2::text IS NULL OR facets @> ARRAY[$2::text COLLATE "C"])
            AND ($3::bigint IS NULL OR price_from >= $3) AND ($4::bigint IS NULL OR price_from <= $4) AND (NOT $5::boolean OR stock_state IN ('in_stock', 'low'))
        """;

    // A product without a text in the reader's language is searched by the one that is shown instead.
    const string Found = """
        AND id IN (
            SELECT t.product_id FROM catalog.product_texts t WHERE t.search @@ websearch_to_tsquery('simple', $9)
                AND (t.language = $10 OR (t.language = $11 AND NOT EXISTS (SELECT FROM catalog.product_texts o WHERE o.product_id = t.product_id AND o.language = $10))))
        """;

    const string UpName = "AND (sort_name, id) > ($8, $7) ORDER BY sort_name, id LIMIT $6";
    const string DownName = "AND (sort_name, id) < ($8, $7) ORDER BY sort_name DESC, id DESC LIMIT $6";
    // Where the filter by price ends the walk ends too; it begins at the key, see Start.
    const string UpPrice = "AND price_order <= coalesce($4, 9223372036854775807) AND (price_order, id) > ($8, $7) ORDER BY price_order, id LIMIT $6";
    const string DownPrice = "AND price_order >= coalesce($3, 0) AND (price_order, id) < ($8, $7) ORDER BY price_order DESC, id DESC LIMIT $6";
    const string UpAge = "AND (created_at, id) > ($8, $7) ORDER BY created_at, id LIMIT $6";
    const string DownAge = "AND (created_at, id) < ($8, $7) ORDER BY created_at DESC, id DESC LIMIT $6";
    const string UpRating = "AND (rating_order, id) > ($8, $7) ORDER BY rating_order, id LIMIT $6";
    const string DownRating = "AND (rating_order, id) < ($8, $7) ORDER BY rating_order DESC, id DESC LIMIT $6";

    const string AfterName = $"SELECT id, sort_name FROM catalog.products WHERE {Filters} {UpName}";
    const string BeforeName = $"SELECT id, sort_name FROM catalog.products WHERE {Filters} {DownName}";
    const string AfterNameFound = $"SELECT id, sort_name FROM catalog.products WHERE {Filters} {Found} {UpName}";
    const string BeforeNameFound = $"SELECT id, sort_name FROM catalog.products WHERE {Filters} {Found} {DownName}";
    const string AfterPrice = $"SELECT id, price_order FROM catalog.products WHERE {Filters} {UpPrice}";
    const string BeforePrice = $"SELECT id, price_order FROM catalog.products WHERE {Filters} {DownPrice}";
    const string AfterPriceFound = $"SELECT id, price_order FROM catalog.products WHERE {Filters} {Found} {UpPrice}";
    const string BeforePriceFound = $"SELECT id, price_order FROM catalog.products WHERE {Filters} {Found} {DownPrice}";
    const string AfterAge = $"SELECT id, created_at FROM catalog.products WHERE {Filters} {UpAge}";
    const string BeforeAge = $"SELECT id, created_at FROM catalog.products WHERE {Filters} {DownAge}";
    const string AfterAgeFound = $"SELECT id, created_at FROM catalog.products WHERE {Filters} {Found} {UpAge}";
    const string BeforeAgeFound = $"SELECT id, created_at FROM catalog.products WHERE {Filters} {Found} {DownAge}";
    const string AfterRating = $"SELECT id, rating_order FROM catalog.products WHERE {Filters} {UpRating}";
    const string BeforeRating = $"SELECT id, rating_order FROM catalog.products WHERE {Filters} {DownRating}";
    const string AfterRatingFound = $"SELECT id, rating_order FROM catalog.products WHERE {Filters} {Found} {UpRating}";
    const string BeforeRatingFound = $"SELECT id, rating_order FROM catalog.products WHERE {Filters} {Found} {DownRating}";
}
