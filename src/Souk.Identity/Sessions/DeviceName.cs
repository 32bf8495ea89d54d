namespace Souk.Identity.Sessions;

/// <summary>
/// What an owner may know a device by, out of its User-Agent (RFC 9110, section 10.1.5): browser and system, else the product that comes first. Anyone may send
/// anything, so it is a hint to its owner and decides nothing. Pure.
/// </summary>
internal static class DeviceName
{
    public const int LengthMax = 60;

    /// <summary>What comes behind it is not looked at.</summary>
    const int ReadMax = 512;

    // The first that occurs: those that are built of another name it too.
    static readonly (string Mark, string Name)[] Browsers =
    [
        ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
    ];

    static readonly (string Mark, string Name)[] Systems =
    [
        ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("CrOS", "ChromeOS"), ("Macintosh", "macOS"), ("Linux", "Linux"),
    ];

    /// <summary>Null when there is nothing to read.</summary>
    public static string? Of(string? userAgent)
    {
        var text = userAgent is { Length: > ReadMax } ? userAgent[..ReadMax] : userAgent ?? "";
        // Every browser says that it is Mozilla; who does not is a program with a name of its own.
        return !text.StartsWith("Mozilla/", StringComparison.Ordinal) ? Product(text) : (Find(text, Browsers), Find(text, Systems)) switch
        {
            ({ } browser, { } system) => $"{browser} on {system}",
            ({ } browser, null) => browser,
            (null, { } system) => system,
            _ => Product(text),
        };
    }

    static string? Find(string text, (string Mark, string Name)[] known) => known.FirstOrDefault(k => text.Contains(k.Mark, StringComparison.Ordinal)).Name;

    static string? Product(string text)
    {
        var product = string.Concat(text.TakeWhile(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~/".Contains(c, StringComparison.Ordinal)).Take(LengthMax));
        return product == "" ? null : product;
    }
}
