using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Souk.Catalog.Products;
using Souk.Platform.Money;

namespace Souk.Catalog.Import;

/// <summary>
/// Decides, line by line, what of a catalogue file may be stored. A product whose own facts are wrong is refused whole; a wrong variant is refused alone,
/// and a product of which no variant is left with it. Remembers the slugs and SKUs of the file, to refuse what comes twice.
/// </summary>
/// <param name="today">Decides which variants are on sale.</param>
internal sealed partial class ProductCheck(DateOnly today, Refusals refusals)
{
    public const string File = "catalog.jsonl";
    public const int NameMax = 200, DescriptionMax = 20_000, SkuMax = 64, LocationMax = 100, VariantsMax = 250, WeightGramsMax = 100_000_000,
        AuthorMax = 100, ReviewTextMax = 10_000, ReviewsMax = 1_000;

    const decimal PriceMax = 1_000_000_000m;

    readonly HashSet<string> slugs = [], skus = [];

    /// <summary>The product on a line, or null when it is refused.</summary>
    public CheckedProduct? Check(SourceLine line)
    {
        if (line.Json is null) return Refuse(line.Number, "", $"The line is longer than {SourceLines.LineBytesMax} bytes.");
        SourceProduct source;
        try { source = SourceProduct.Read(line.Json); }
        catch (JsonException broken) { return Refuse(line.Number, "", $"Not a product in JSON{(broken.Path is null or "$" ? "" : $": see {broken.Path}")}."); }

        if (!IsText(source.Name, NameMax)) return Refuse(line.Number, source.Name ?? "", $"A product needs a name of at most {NameMax} characters.");
        var name = source.Name!.Trim();
        if (CategoriesOf(source) is not { } categories) return Refuse(line.Number, name, $"A product needs a category with a name of at most {NameMax} characters.");
        if (TextsOf(source, name, out var why) is not { } texts) return Refuse(line.Number, name, why);
        if (source.Variants is not { Count: > 0 and <= VariantsMax }) return Refuse(line.Number, name, $"A product has 1 to {VariantsMax} variants.");
        if (SlugOf(name, categories) is not { } slug) return Refuse(line.Number, name, "Another product of this file has this name and category.");

        var variants = new List<CheckedVariant>();
        foreach (var (position, variant) in source.Variants.Index())
            if (VariantOf(variant, name, position, out why) is { } taken) variants.Add(taken with { Reviews = ReviewsOf(variant!, line.Number) });
            else refusals.Add(File, line.Number, variant?.Sku ?? name, why);
        if (variants.Count == 0) return Refuse(line.Number, name, "None of its variants can be taken.");

        slugs.Add(slug);
        return new(line.Number, slug, name, categories, texts, variants);
    }

    CheckedProduct? Refuse(int line, string what, string reason)
    {
        refusals.Add(File, line, what, reason);
        return null;
    }

    /// <summary>The name's slug; for a name that came before, with the category's behind it; null when that came before too.</summary>
    string? SlugOf(string name, IReadOnlyList<CategoryStep> categories)
    {
        var slug = Slugs.Of(name) ?? "product";
        if (!slugs.Contains(slug)) return slug;
        slug = $"{slug}-{categories[^1].Slug}";
        return slugs.Contains(slug) ? null : slug;
    }

    static List<CategoryStep>? CategoriesOf(SourceProduct source)
    {
        var steps = new List<CategoryStep>();
        foreach (var name in source.Subcategory is null ? [source.Category] : new[] { source.Category, source.Subcategory })
        {
            if (!IsText(name, NameMax) || Slugs.Of(name!) is not { } slug) return null;
            steps.Add(new(steps.Count == 0 ? slug : $"{steps[^1].Path}/{slug}", slug, name!.Trim()));
        }
        return steps;
    }

    static List<ProductText>? TextsOf(SourceProduct source, string name, out string why)
    {
        why = "";
        var texts = new List<ProductText>();
        foreach (var (language, description) in source.Descriptions ?? [])
        {
            if (!Language().IsMatch(language)) why = "A description's language is a tag such as en or zh-Hant.";
            else if (description is null or { Length: > DescriptionMax } || description.Contains('\0')) why = $"A description is text of at most {DescriptionMax} characters.";
            else texts.Add(new(language, name, description));
        }
        if (texts.All(t => t.Language != ReadProducts.DefaultLanguage)) texts.Add(new(ReadProducts.DefaultLanguage, name, ""));
        return why == "" ? texts : null;
    }

    CheckedVariant? VariantOf(SourceVariant? source, string product, int position, out string why)
    {
        why = "";
        if (source is null || !IsText(source.Sku, SkuMax)) why = $"A variant needs a SKU of at most {SkuMax} characters.";
        else if (source.Name is not null && !IsText(source.Name, NameMax)) why = $"A variant's name has 1 to {NameMax} characters.";
        else if (source.Price is null) why = "The price is missing.";
        else if (!TryDecimal(source.Price, PriceMax, out _)) why = $"The price is no number from 0 to {PriceMax}.";
        else if (source.Currency is null || !Currencies.Exists(source.Currency)) why = "The currency is none of ISO 4217.";
        else if (GramsOf(source.Weight, source.WeightUnit) is null) why = "The weight is no number, or its unit is none of G, KG, LB and OZ.";
        else if (source.Stock?.Values.Any(onHand => onHand < 0) ?? false) why = "The stock of a location is negative.";
        else if (source.Stock?.Keys.Any(location => !IsText(location, LocationMax)) ?? false) why = $"A location's name has 1 to {LocationMax} characters.";
        else if (!TryDay(source.SellStart, out _) || !TryDay(source.SellEnd, out _)) why = "sellStart and sellEnd are days such as 2013-05-29.";
        else if (OptionsOf(source) is null) why = $"Colour and size have at most {NameMax} characters.";
        // Last, so that a refused variant does not take its SKU away from a right one.
        else if (!skus.Add(source.Sku!.Trim())) why = "This SKU comes twice in the file.";
        if (why != "") return null;

        TryDecimal(source!.Price!, PriceMax, out var price);
        TryDay(source.SellStart, out var from);
        TryDay(source.SellEnd, out var until);
        var onSale = (from is null || from <= today) && (until is null || until >= today);
        return new(source.Sku!.Trim(), source.Name?.Trim() ?? product, GramsOf(source.Weight, source.WeightUnit)!.Value, position, onSale, OptionsOf(source)!,
            Currencies.FromDecimal(price, source.Currency!), [.. (source.Stock ?? []).Select(s => new StockAt(s.Key, s.Value))], source.Photo, []);
    }

    /// <summary>The reviews of a variant; each wrong one is refused alone.</summary>
    List<CheckedReview> ReviewsOf(SourceVariant source, int line)
    {
        var reviews = new List<CheckedReview>();
        foreach (var review in source.Reviews ?? [])
        {
            string? why = null;
            DateOnly? day = null;
            if (review is null || !IsText(review.Author, AuthorMax)) why = $"A review needs an author of at most {AuthorMax} characters.";
            else if (review.Rating is not (>= 1 and <= 5)) why = "A rating is a whole number from 1 to 5.";
            else if (review.Date is null || !TryDay(review.Date, out day)) why = "The date of a review is a day such as 2013-09-18.";
            else if (review.Text is null or { Length: > ReviewTextMax } || review.Text.Contains('\0')) why = $"A review has a text of at most {ReviewTextMax} characters.";
            else if (reviews.Count == ReviewsMax) why = $"A variant has at most {ReviewsMax} reviews in a file.";
            if (why is null)
            {
                var taken = new CheckedReview(review!.Author!.Trim(), new(day!.Value, TimeOnly.MinValue, TimeSpan.Zero), review.Rating!.Value, review.Text!.Trim());
                if (reviews.All(r => (r.Author, r.WrittenAt) != (taken.Author, taken.WrittenAt))) reviews.Add(taken);
                else why = "This author's review of that day comes twice.";
            }
            if (why is not null) refusals.Add(File, line, source.Sku!, why);
        }
        return reviews;
    }

    static List<VariantOption>? OptionsOf(SourceVariant source)
    {
        var options = new List<VariantOption>();
        if (source.Color is { } color) options.Add(new("color", color));
        if (source.Size is { } size) options.Add(new("size", source.SizeUnit is { } unit ? $"{size} {unit}" : size));
        return options.All(o => IsText(o.Value, NameMax)) ? options : null;
    }

    /// <summary>0 for what is not weighed; half-even to the gram; null for what is no weight.</summary>
    internal static int? GramsOf(string? weight, string? unit)
    {
        if (weight is null) return 0;
        decimal? gramsPerUnit = unit switch { "G" => 1m, "KG" => 1_000m, "LB" => 453.59237m, "OZ" => 28.349523125m, _ => null };
        return gramsPerUnit is { } grams && TryDecimal(weight, WeightGramsMax, out var amount) && amount * grams <= WeightGramsMax
            ? (int)Math.Round(amount * grams, MidpointRounding.ToEven) : null;
    }

    static bool TryDecimal(string text, decimal max, out decimal value) =>
        decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value) && value <= max;

    static bool TryDay(string? text, out DateOnly? day)
    {
        var given = DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var read);
        day = given ? read : null;
        return given || text is null;
    }

    static bool IsText(string? text, int lengthMax) => !string.IsNullOrWhiteSpace(text) && text.Length <= lengthMax && !text.Any(char.IsControl);

    [GeneratedRegex(@"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\z")]
    private static partial Regex Language();
}
