using System.Text.Json;
using System.Text.RegularExpressions;

namespace Souk.Tests.Catalog.Products;

/// <summary>The sample catalogue with its prices and stock states shown.</summary>
public sealed class ToldSampleShop(TestPostgres postgres) : CatalogShop(postgres), IAsyncLifetime
{
    ValueTask IAsyncLifetime.InitializeAsync() => FillAsync();

    async ValueTask FillAsync()
    {
        await InitializeAsync();
        await ImportAsync(Sample);
        await Told.AllAsync(this);
    }
}

/// <summary>Lists against a naive model: every product read whole, then filtered and sorted in memory.</summary>
public sealed class ProductFilterTests(ToldSampleShop shop) : IClassFixture<ToldSampleShop>
{
    const int Rounds = 150;

    static readonly string[] Sorts = ["name", "-name", "price", "-price", "createdAt", "-createdAt", "rating"];

    static readonly string[] Words = ["aluminum", "saddle", "frame", "steel", "suspension", "lightweight", "comfort", "race", "nosuchword", "\"top of the line\"", "frame -aluminum"];

    [Fact]
    public async Task Every_filter_and_sort_shows_what_the_model_shows()
    {
        var all = (await shop.GetAsync("/v1/products?sort=createdAt&limit=100")).GetProperty("items").EnumerateArray().Select((p, age) => new Model(p, age)).ToList();
        Assert.Equal(80, all.Count);
        var bikes = (await shop.GetAsync("/v1/categories?limit=100")).GetProperty("items").EnumerateArray().ToList();
        var random = new Random(20261125);
        var shown = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var (query, matches) = Ask(random, all, bikes);
            var sort = Sorts[random.Next(Sorts.Length)];
            var expected = Sorted(all.Where(matches), sort).Select(p => p.Slug).ToList();
            var limit = random.Next(1, 40);
            var found = new List<string>();
            for (var next = $"/v1/products?sort={sort}&limit={limit}{query}"; next is not null;)
            {
                var page = await shop.GetAsync(next);
                found.AddRange(page.GetProperty("items").EnumerateArray().Select(p => p.Text("slug")));
                next = page.TryGetProperty("nextCursor", out var cursor) ? $"/v1/products?sort={sort}&limit={limit}{query}&cursor={cursor.GetString()}" : null;
            }
            Assert.True(expected.SequenceEqual(found), $"{sort}{query}: expected {string.Join(' ', expected)}, found {string.Join(' ', found)}");
            shown += found.Count > 0 ? 1 : 0;
        }
        Assert.InRange(shown, Rounds / 4, Rounds);
    }

    /// <summary>A product as a shopper sees it, and its place in order of age.</summary>
    sealed class Model(JsonElement product, int age)
    {
        public int Age => age;
        public string Slug => product.Text("slug");
        public string Name => product.Text("name").ToLowerInvariant();
        public string Category => product.GetProperty("categoryIds")[0].GetString()!;
        public string Text => $"{product.Text("name")} {product.Text("description")}".ToLowerInvariant();
        public List<JsonElement> Variants => [.. product.GetProperty("variants").EnumerateArray()];
        public long? Price => Variants.Min(v => v.TryGetProperty("price", out var price) ? price.GetProperty("amount").GetInt64() : (long?)null);
        public decimal Rating => product.GetProperty("rating").TryGetProperty("average", out var average) ? average.GetDecimal() : 0;
        public bool InStock => Variants.Any(v => v.Text("stockState") is "in_stock" or "low");
        public bool Has(string option, string value) => Variants.Any(v => Is(v, option, value));
        public bool HasBoth(string color, string size) => Variants.Any(v => Is(v, "color", color) && Is(v, "size", size));
        static bool Is(JsonElement variant, string option, string value) => variant.GetProperty("options").TryGetProperty(option, out var has) && has.GetString() == value;
    }

    static (string Query, Func<Model, bool> Matches) Ask(Random random, List<Model> all, List<JsonElement> categories)
    {
        var query = "";
        List<Func<Model, bool>> filters = [];
        var like = all[random.Next(all.Count)].Variants[0].GetProperty("options");
        string? color = like.TryGetProperty("color", out var c) ? c.GetString() : null, size = like.TryGetProperty("size", out var s) ? s.GetString() : null;
        if (random.Next(4) == 0)
        {
            var category = categories[random.Next(categories.Count)];
            var below = categories.Where(b => b.Text("id") == category.Text("id") || (b.TryGetProperty("parentId", out var parent) && parent.GetString() == category.Text("id")))
                .Select(b => b.Text("id")).ToHashSet();
            Add($"&category={category.Text("slug")}", p => below.Contains(p.Category));
        }
        if (random.Next(4) == 0)
        {
            var words = Words[random.Next(Words.Length)];
            Add($"&q={Uri.EscapeDataString(words)}", words switch
            {
                "\"top of the line\"" => p => Regex.IsMatch(p.Text, @"\btop\W+of\W+the\W+line\b"),
                "frame -aluminum" => p => Regex.IsMatch(p.Text, @"\bframe\b") && !Regex.IsMatch(p.Text, @"\baluminum\b"),
                _ => p => Regex.IsMatch(p.Text, $@"\b{words}\b"),
            });
        }
        var (byColor, bySize) = (random.Next(4) == 0 && color is not null, random.Next(6) == 0 && size is not null);
        if (byColor && bySize) Add($"&option.color={color}&option.size={Uri.EscapeDataString(size!)}", p => p.HasBoth(color!, size!));
        else if (byColor) Add($"&option.color={Uri.EscapeDataString(color!)}", p => p.Has("color", color!));
        else if (bySize) Add($"&option.size={Uri.EscapeDataString(size!)}", p => p.Has("size", size!));
        var price = all[random.Next(all.Count)].Price!.Value;
        if (random.Next(4) == 0) Add($"&priceMin={price}", p => p.Price >= price);
        else if (random.Next(4) == 0) Add($"&priceMax={price}", p => p.Price <= price);
        if (random.Next(3) == 0) Add("&inStock=true", p => p.InStock);
        return (query, p => filters.All(f => f(p)));

        void Add(string part, Func<Model, bool> filter)
        {
            query += part;
            filters.Add(filter);
        }
    }

    /// <summary>Among equals the older comes first, or last where the order is a descending one.</summary>
    static IEnumerable<Model> Sorted(IEnumerable<Model> products, string sort)
    {
        var up = sort switch
        {
            "name" or "-name" => products.OrderBy(p => p.Name, StringComparer.Ordinal).ThenBy(p => p.Age),
            "price" or "-price" => products.OrderBy(p => p.Price).ThenBy(p => p.Age),
            "rating" => products.OrderBy(p => p.Rating).ThenBy(p => p.Age),
            _ => products.OrderBy(p => p.Age),
        };
        return sort[0] == '-' || sort == "rating" ? up.Reverse() : up;
    }
}
