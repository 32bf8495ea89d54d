using System.Text;
using Souk.Catalog.Import;

namespace Souk.Tests.Catalog.Import;

public sealed class ProductCheckTests
{
    static readonly DateOnly Today = new(2026, 6, 15);

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"name": "A", "name": "B"}""")]
    [InlineData("""{"name": 1}""")]
    [InlineData("""{"name": " ", "category": "C", "variants": [{"sku": "S", "price": "1", "currency": "USD"}]}""")]
    [InlineData("""{"name": "A\u0000", "category": "C", "variants": [{"sku": "S", "price": "1", "currency": "USD"}]}""")]
    [InlineData("""{"name": "A\ud800", "category": "C", "variants": [{"sku": "S", "price": "1", "currency": "USD"}]}""")]
    [InlineData("""{"name": "A", "variants": [{"sku": "S", "price": "1", "currency": "USD"}]}""")]
    [InlineData("""{"name": "A", "category": "--", "variants": [{"sku": "S", "price": "1", "currency": "USD"}]}""")]
    [InlineData("""{"name": "A", "category": "C", "variants": []}""")]
    [InlineData("""{"name": "A", "category": "C", "variants": [null]}""")]
    [InlineData("""{"name": "A", "category": "C", "variants": [{"sku": "S", "price": 1.5, "currency": "USD"}]}""")]
    [InlineData("""{"name": "A", "category": "C", "variants": [{"sku": "S", "price": "-1", "currency": "USD"}]}""")]
    [InlineData("""{"name": "A", "category": "C", "variants": [{"sku": "S", "price": "1e3", "currency": "USD"}]}""")]
    [InlineData("""{"name": "A", "category": "C", "variants": [{"sku": "S", "price": "1,50", "currency": "USD"}]}""")]
    [InlineData("""{"name": "A", "category": "C", "variants": [{"sku": "S", "price": "99999999999", "currency": "USD"}]}""")]
    [InlineData("""{"name": "A", "category": "C", "variants": [{"sku": "S", "price": "1", "currency": "usd"}]}""")]
    [InlineData("""{"name": "A", "category": "C", "variants": [{"sku": "", "price": "1", "currency": "USD"}]}""")]
    [InlineData("""{"name": "A", "category": "C", "variants": [{"sku": "S", "price": "1", "currency": "USD", "weight": "1", "weightUnit": "stone"}]}""")]
    [InlineData("""{"name": "A", "category": "C", "variants": [{"sku": "S", "price": "1", "currency": "USD", "stock": {"Shelf": 1.5}}]}""")]
    [InlineData("""{"name": "A", "category": "C", "variants": [{"sku": "S", "price": "1", "currency": "USD", "stock": {"": 1}}]}""")]
    [InlineData("""{"name": "A", "category": "C", "variants": [{"sku": "S", "price": "1", "currency": "USD", "sellEnd": "yesterday"}]}""")]
    [InlineData("""{"name": "A", "category": "C", "descriptions": {"english": "x"}, "variants": [{"sku": "S", "price": "1", "currency": "USD"}]}""")]
    [InlineData("""{"name": "A", "category": "C", "descriptions": {"en": "\u0000"}, "variants": [{"sku": "S", "price": "1", "currency": "USD"}]}""")]
    public void Is_refused_with_a_reason(string line)
    {
        var refusals = new Refusals();
        Assert.Null(new ProductCheck(Today, refusals).Check(new(7, 0, Encoding.UTF8.GetBytes(line))));
        Assert.All(refusals.Kept, refusal => Assert.Equal((7, true), (refusal.Line, refusal.Reason.EndsWith('.'))));
        Assert.NotEmpty(refusals.Kept);
    }

    [Fact]
    public void Bytes_that_are_no_UTF8_are_refused()
    {
        var refusals = new Refusals();
        Assert.Null(new ProductCheck(Today, refusals).Check(new(1, 0, [.. "{\"name\": \""u8, 0xC3, 0x28, .. "\"}"u8])));
        Assert.Single(refusals.Kept);
    }

    [Theory]
    [InlineData(null, null, 0)]
    [InlineData("2.24", "LB", 1016)]
    [InlineData("900.00", "G", 900)]
    [InlineData("0.5", "G", 0)]                // half goes to the even gram
    [InlineData("1.5", "G", 2)]
    [InlineData("1.25", "KG", 1250)]
    [InlineData("16", "OZ", 454)]
    [InlineData("100001", "KG", null)]
    [InlineData("heavy", "KG", null)]
    [InlineData("1", null, null)]
    public void Weighs_in_grams(string? weight, string? unit, int? grams) => Assert.Equal(grams, ProductCheck.GramsOf(weight, unit));

    [Theory]
    [InlineData("", true)]
    [InlineData("\"sellEnd\": \"2026-06-14\"", false)]
    [InlineData("\"sellEnd\": \"2026-06-15\"", true)]
    [InlineData("\"sellStart\": \"2026-06-15\"", true)]
    [InlineData("\"sellStart\": \"2026-06-16\"", false)]
    public void Is_on_sale_from_the_first_day_to_the_last(string days, bool onSale)
    {
        var line = CatalogFolder.Line("A", "S", days);
        Assert.Equal(onSale, new ProductCheck(Today, new()).Check(new(1, 0, Encoding.UTF8.GetBytes(line)))!.Variants[0].OnSale);
    }

    [Fact]
    public void Keeps_colour_and_size_as_options_and_the_default_language_among_the_texts()
    {
        const string Line = """
            {"name": "A", "category": "C", "subcategory": "Sub C", "descriptions": {"fr": "quoi"},
             "variants": [{"sku": "S", "price": "1431.5", "currency": "USD", "color": "Black", "size": "58", "sizeUnit": "CM"}]}
            """;
        var product = new ProductCheck(Today, new()).Check(new(1, 0, Encoding.UTF8.GetBytes(Line)))!;
        Assert.Equal([new("color", "Black"), new("size", "58 CM")], product.Variants[0].Options);
        Assert.Equal(new(143150, "USD"), product.Variants[0].Price);
        Assert.Equal([new("fr", "A", "quoi"), new("en", "A", "")], product.Texts);
        Assert.Equal(["c", "c/sub-c"], product.Categories.Select(c => c.Path));
    }
}
