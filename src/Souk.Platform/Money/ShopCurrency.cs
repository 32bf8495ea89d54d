namespace Souk.Platform.Money;

/// <summary>
/// Option <c>Shop:Currency</c>: the ISO 4217 currency of a shop that was asked in none: the catalogue shows its prices in it, and a cart is in it
/// unless it names another. Default USD.
/// </summary>
public sealed record ShopCurrency(string Code)
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
