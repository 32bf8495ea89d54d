using System.Globalization;

namespace Souk.Platform.Http;

/// <summary>Which language a reader is served: weights of RFC 9110 section 12.5.4, lookup of RFC 4647 section 3.4.</summary>
public static class AcceptLanguage
{
    /// <summary>Ranges that are read of a header; what comes behind them is not looked at.</summary>
    public const int RangesMax = 20;

    /// <summary>
    /// The best of the offered languages, in the offer's spelling. The range of the highest weight is shortened from its end until it names one
    /// (de-CH-1996, de-CH, de), then the next; of equal weights the first wins. A range of weight 0 refuses its language. When none fits, the default:
    /// a page in another language serves better than none.
    /// </summary>
    public static string Choose(string? header, IReadOnlyCollection<string> offered, string fallback)
    {
        if (string.IsNullOrEmpty(header)) return fallback;
        var ranges = header.Split(',', RangesMax + 1, StringSplitOptions.TrimEntries).Take(RangesMax).Select(Read).OfType<(string Range, int Weight)>().ToList();
        foreach (var (range, _) in ranges.Where(r => r.Weight > 0).OrderByDescending(r => r.Weight))
        {
            // Said outright: anything will do.
            if (range == "*") return fallback;
            for (var rest = range; rest.Length > 0; rest = Shorten(rest))
                if (offered.FirstOrDefault(o => o.Equals(rest, StringComparison.OrdinalIgnoreCase)) is { } found
                    && !ranges.Any(r => r.Weight == 0 && r.Range.Equals(found, StringComparison.OrdinalIgnoreCase))) return found;
        }
        return fallback;
    }

    /// <summary>A range with its weight in thousandths, or null for what is none.</summary>
    static (string Range, int Weight)? Read(string text)
    {
        var parts = text.Split(';', StringSplitOptions.TrimEntries);
        if (parts.Length > 2 || parts[0].Length is 0 or > 100 || !parts[0].All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '*')) return null;
        if (parts.Length == 1) return (parts[0], 1000);
        return parts[1].StartsWith("q=", StringComparison.OrdinalIgnoreCase)
            && decimal.TryParse(parts[1].AsSpan(2), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var weight) && weight <= 1
            ? (parts[0], (int)(weight * 1000)) : null;
    }

    /// <summary>Without its last subtag, and without a single letter that would be left at the end: it only introduces what followed.</summary>
    static string Shorten(string range)
    {
        var end = range.LastIndexOf('-');
        if (end < 0) return "";
        return end >= 2 && range[end - 2] == '-' ? range[..(end - 2)] : range[..end];
    }
}
