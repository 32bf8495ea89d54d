using Souk.Platform.Money;

namespace Souk.Catalog;

/// <summary>Option <c>Shop:Currency</c>: the ISO 4217 currency that the catalogue shows prices in; default USD. Prices in others serve quotes only.</summary>
internal sealed record ShopCurrency(string Code)
{
    public const string Default = "USD";

    /// <exception cref="InvalidOperationException">The option is no currency.</exception>
    public static ShopCurrency Read(IConfiguration configuration)
    {
        var code = configuration["Shop:Currency"] ?? Default;
        return Currencies.Exists(code) ? new(code)
            : throw new InvalidOperationException($"Shop:Currency is '{code}'. Set a code of ISO 4217 in upper case, such as USD.");
    }
}
