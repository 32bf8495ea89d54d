using System.Text;
using System.Text.RegularExpressions;
using Souk.Identity.Text;

namespace Souk.Identity.Accounts;

/// <summary>What name and locale of an account may be.</summary>
internal static partial class ProfileRules
{
    /// <summary>Counted in Unicode code points.</summary>
    public const int NameLengthMax = 200;

    /// <summary>RFC 5646, 4.4.1: a buffer that no usual language tag exceeds.</summary>
    public const int LocaleLengthMax = 35;

    /// <summary>What is wrong with the name, or null; having none is fine.</summary>
    public static string? RefuseName(string? name) => name switch
    {
        null => null,
        _ when string.IsNullOrWhiteSpace(name) => "Leave the name out rather than sending an empty one.",
        _ when name.Length > NameLengthMax * 2 || !Nfc.IsWhole(name) || name.EnumerateRunes().Count() > NameLengthMax => $"A name has at most {NameLengthMax} characters.",
        _ when name.EnumerateRunes().Any(Rune.IsControl) => "A name has no control characters.",
        _ => null,
    };

    /// <summary>What is wrong with the locale, or null; having none is fine.</summary>
    public static string? RefuseLocale(string? locale) =>
        locale is null || (locale.Length <= LocaleLengthMax && LanguageTag().IsMatch(locale)) ? null
        : "A locale is a language tag of BCP 47, such as de or en-GB.";

    /// <summary>Pairs of pointer and message where there is a message.</summary>
    public static IReadOnlyList<(string, string)> Wrong(params ReadOnlySpan<(string Pointer, string? Message)> checks)
    {
        List<(string, string)> wrong = [];
        foreach (var (pointer, message) in checks)
            if (message is not null) wrong.Add((pointer, message));
        return wrong;
    }

    [GeneratedRegex(@"\A[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*\z")]
    private static partial Regex LanguageTag();
}
