using System.Globalization;

namespace Souk.Pricing.Quotes;

/// <summary>
/// Option <c>Pricing:TaxPartsPerMillion</c>: the one rate that every order is taxed with, on goods after discounts and on shipping; 0 to 1,000,000,
/// default 88,750 (8.875 %).
/// </summary>
internal sealed record TaxSettings(int PartsPerMillion)
{
    public const int PartsPerMillionDefault = 88_750, PartsPerMillionMax = 1_000_000;

    /// <exception cref="InvalidOperationException">The option is no whole number in its range: the shop does not start with a guessed rate.</exception>
    public static TaxSettings Read(IConfiguration configuration)
    {
        if (configuration["Pricing:TaxPartsPerMillion"] is not { } text) return new(PartsPerMillionDefault);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var rate) && rate <= PartsPerMillionMax
            ? new(rate)
            : throw new InvalidOperationException($"Pricing:TaxPartsPerMillion is '{text}'. Set a whole number from 0 to {PartsPerMillionMax}; 88750 is 8.875 %.");
    }
}
