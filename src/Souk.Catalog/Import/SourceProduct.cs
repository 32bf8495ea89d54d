using System.Text.Json;

namespace Souk.Catalog.Import;

/// <summary>A line of catalog.jsonl as it is written; nothing of it is trusted. Members that the shop has no use for are skipped.</summary>
/// <param name="Descriptions">By language (BCP 47).</param>
internal sealed record SourceProduct(string? Name, string? Category, string? Subcategory, Dictionary<string, string?>? Descriptions, List<SourceVariant?>? Variants)
{
    /// <exception cref="JsonException">It is no JSON object of this shape.</exception>
    public static SourceProduct Read(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize<SourceProduct>(json, Options) ?? throw new JsonException("The line is null.");

    public static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        AllowDuplicateProperties = false,
        MaxDepth = 16,
    };
}

/// <param name="Price">Decimal digits as text, so that no float has rounded it.</param>
/// <param name="Weight">Decimal digits as text.</param>
/// <param name="Stock">Units by name of location.</param>
/// <param name="Photo">A file in the folder photos.</param>
/// <param name="SellStart">First day of sale, yyyy-MM-dd.</param>
/// <param name="SellEnd">Last day of sale, or null for no end.</param>
internal sealed record SourceVariant(string? Sku, string? Name, string? Price, string? Currency, string? Color, string? Size, string? SizeUnit,
    string? Weight, string? WeightUnit, Dictionary<string, int>? Stock, string? Photo, string? SellStart, string? SellEnd, List<SourceReview?>? Reviews = null);

/// <param name="Author">The name it was published under.</param>
/// <param name="Date">yyyy-MM-dd.</param>
internal sealed record SourceReview(string? Author, string? Date, int? Rating, string? Text);

/// <summary>An entry of ship-methods.json; amounts are US dollars as text.</summary>
internal sealed record SourceShipMethod(string? Name, string? Base, string? PerKg);
