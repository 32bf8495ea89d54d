using System.Text.RegularExpressions;

namespace Souk.Pricing.Shipping;

/// <summary>The form of a shipping method's code: words of a to z and digits, joined by hyphens.</summary>
internal static partial class ShippingCode
{
    public const int LengthMax = 64;

    public static bool IsValid(string code) => code.Length <= LengthMax && Form().IsMatch(code);

    [GeneratedRegex(@"^[a-z0-9]+(-[a-z0-9]+)*\z")]
    private static partial Regex Form();
}
