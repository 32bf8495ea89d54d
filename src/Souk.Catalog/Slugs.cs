using System.Text;

namespace Souk.Catalog;

/// <summary>The readable part of a product's or category's address: words in lower case, joined by hyphens.</summary>
internal static class Slugs
{
    public const int LengthMax = 80;

    /// <summary>"LL Mountain Seat/Saddle 2" → ll-mountain-seat-saddle-2. Letters of every script stay; null for a name without letters and digits.</summary>
    public static string? Of(string name)
    {
        var slug = new StringBuilder();
        foreach (var c in name.ToLowerInvariant())
        {
            if (c is '\'' or '’') continue;
            if (IsWordPart(c)) slug.Append(c);
            else if (slug.Length > 0 && slug[^1] != '-') slug.Append('-');
            if (slug.Length == LengthMax) break;
        }
        return slug.ToString().TrimEnd('-') is { Length: > 0 } text ? text : null;
    }

    /// <summary>False for text that no slug looks like: it names nothing, and need not be looked up.</summary>
    public static bool Possible(string text) => text.Length is > 0 and <= (LengthMax * 2) + 1 && text.All(c => c == '-' || IsWordPart(c));

    // Marks carry the vowels of Thai and Arabic.
    static bool IsWordPart(char c) => char.IsLetterOrDigit(c) || char.GetUnicodeCategory(c) is System.Globalization.UnicodeCategory.NonSpacingMark
        or System.Globalization.UnicodeCategory.SpacingCombiningMark;
}
