using Microsoft.Extensions.Configuration;
using Souk.Pricing.Quotes;

namespace Souk.Tests.Pricing.Quotes;

public sealed class TaxSettingsTests
{
    [Theory]
    [InlineData(null, 88_750)]
    [InlineData("0", 0)]
    [InlineData("1000000", 1_000_000)]
    public void Take_a_rate_in_parts_per_million(string? text, int rate) => Assert.Equal(rate, TaxSettings.Read(Options(text)).PartsPerMillion);

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("1000001")]
    [InlineData("8.875")]
    [InlineData("8.875 %")]
    public void Refuse_to_start_with_anything_else(string text) =>
        Assert.Contains("Pricing:TaxPartsPerMillion", Assert.Throws<InvalidOperationException>(() => TaxSettings.Read(Options(text))).Message, StringComparison.Ordinal);

    static IConfiguration Options(string? text) =>
        new ConfigurationBuilder().AddInMemoryCollection(text is null ? [] : [new("Pricing:TaxPartsPerMillion", text)]).Build();
}
