using System.Globalization;
using System.Text.RegularExpressions;

namespace Souk.Catalog.Products;

/// <summary>Which products a list shows. What is null does not matter.</summary>
/// <param name="Category">Id or slug.</param>
/// <param name="Search">Words as people write them: all must occur, "in quotes" together, -without, or.</param>
/// <param name="Color">Of a variant, exactly as it is shown.</param>
/// <param name="Size">Likewise; with a colour, of the same variant.</param>
/// <param name="PriceMin">The lowest price of a variant, in minor units of the shop's currency.</param>
/// <param name="InStock">Some variant is in stock or low.</param>
internal sealed partial record ProductFilter(string? Category, string? Search, string? Color, string? Size, long? PriceMin, long? PriceMax, bool InStock)
{
    public const int SearchMax = 100, OptionMax = 200;

    /// <summary>Query members of a list of products, besides sort, limit and cursor.</summary>
    public static readonly IReadOnlyList<QueryMember> Members =
    [
        new("category", typeof(string), "Id or slug of a category; those below it count too."),
        new("q", typeof(string), $"Words as people write them, at most {SearchMax} characters: all must occur,"
            + " `\"these two\"` side by side, `-not` this one, this `or` that; in names and descriptions of the reader's language."),
        new("option.color", typeof(string), "Of a variant, exactly as products show it."),
        new("option.size", typeof(string), "Likewise; with a colour, of the same variant."),
        new("priceMin", typeof(long), "Bounds the lowest price of a product, in minor units of the shop's currency."),
        new("priceMax", typeof(long), "See priceMin."),
        new("inStock", typeof(bool), "`true` leaves out what is `out` or `backorder`; there is no other value.", ["true"]),
    ];

    /// <summary>Reads the members; 400 for a value that can match nothing by mistake.</summary>
    public static Result<ProductFilter> Read(IQueryCollection query)
    {
        var (search, color, size) = (Text("q"), Text("option.color"), Text("option.size"));
        if (search is not null && !IsText(search, SearchMax)) return ProductErrors.FilterInvalid($"q is text of 1 to {SearchMax} characters.");
        if ((color is not null && !IsText(color, OptionMax)) || (size is not null && !IsText(size, OptionMax)))
            return ProductErrors.FilterInvalid($"A value of an option has 1 to {OptionMax} characters, written as products show it.");
        if (!TryAmount(Text("priceMin"), out var min) || !TryAmount(Text("priceMax"), out var max))
            return ProductErrors.FilterInvalid("priceMin and priceMax are whole amounts in minor units of the shop's currency: 129900 for 1,299.00.");
        if (min > max) return ProductErrors.FilterInvalid("priceMin is above priceMax.");
        if (Text("inStock") is not (null or "true")) return ProductErrors.FilterInvalid("inStock can only be true. Leave it out to see everything.");
        return new ProductFilter(Text("category"), search is null ? null : WordsOf(search), color, size, min, max, Text("inStock") is not null);

        string? Text(string member) => query.TryGetValue(member, out var value) ? value.ToString() : null;
    }

    /// <summary>How <c>catalog.products.facets</c> spells the options: one, or all of one variant together.</summary>
    public string? Facet => (Color, Size) switch
    {
        (null, null) => null,
        ({ } color, null) => $"color={color}",
        (null, { } size) => $"size={size}",
        ({ } color, { } size) => $"color={color}\nsize={size}",
    };

    /// <summary>The same for the same list, and for no other: no value holds a control character.</summary>
    public string Name => string.Join('\0', Category, Search, Color, Size, PriceMin?.ToString(CultureInfo.InvariantCulture),
        PriceMax?.ToString(CultureInfo.InvariantCulture), InStock ? "in stock" : null);

    /// <summary>As the texts are read: signs that join words part them. A hyphen before a word stays: it excludes the word.</summary>
    static string WordsOf(string search) => Joints().Replace(search, " ").Trim();

    static bool IsText(string text, int lengthMax) => !string.IsNullOrWhiteSpace(text) && text.Length <= lengthMax && !text.Any(char.IsControl);

    static bool TryAmount(string? text, out long? amount)
    {
        amount = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var read) ? read : null;
        return amount is not null || text is null;
    }

    [GeneratedRegex(@"[/_.,:;@&+\\<>=#]|(?<=\w)-")]
    private static partial Regex Joints();
}
