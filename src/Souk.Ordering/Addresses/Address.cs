using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text;

namespace Souk.Ordering.Addresses;

/// <summary>Where a parcel or a bill goes, in any script. Personal data: stored only encrypted.</summary>
/// <param name="Name">Who receives it. Needed.</param>
/// <param name="Line1">Street and number, or whatever leads to the door. Needed.</param>
/// <param name="Region">State, province or prefecture, where the country has one.</param>
/// <param name="PostalCode">Not every country has them.</param>
/// <param name="Country">ISO 3166-1 alpha-2 in upper case: <c>NL</c>. Needed.</param>
/// <param name="Phone">For the carrier, as people write it.</param>
internal sealed record Address([Required] string? Name, [Required] string? Line1, string? Line2, [Required] string? City, string? Region, string? PostalCode,
    [Required] string? Country, string? Phone)
{
    /// <summary>Counted in UTF-16 code units, which no script needs more than two of a character.</summary>
    public const int LineLengthMax = 200, CityLengthMax = 100, PostalCodeLengthMax = 20, PhoneLengthMax = 40;

    /// <summary>Everything that is wrong with it; with no address, nothing: whether one is needed, the caller knows.</summary>
    /// <param name="pointer">JSON Pointer (RFC 6901) of the address in the request: <c>/shippingAddress</c>.</param>
    public static IEnumerable<(string Pointer, string Message)> Wrong(Address? address, string pointer) => address is null ? [] :
        from member in new (string Name, string? Message)[]
        {
            ("/name", Needed(address.Name, "the name of who receives it", LineLengthMax)),
            ("/line1", Needed(address.Line1, "street and number", LineLengthMax)),
            ("/line2", Optional(address.Line2, LineLengthMax)),
            ("/city", Needed(address.City, "the city", CityLengthMax)),
            ("/region", Optional(address.Region, CityLengthMax)),
            ("/postalCode", Optional(address.PostalCode, PostalCodeLengthMax)),
            ("/country", address.Country is { } code && Countries.Exists(code) ? null : "A country is a code of ISO 3166-1 in two upper-case letters, such as NL."),
            ("/phone", Optional(address.Phone, PhoneLengthMax)),
        }
        where member.Message is not null
        select (pointer + member.Name, member.Message);

    static string? Needed(string? text, string what, int lengthMax) =>
        string.IsNullOrWhiteSpace(text) ? $"An address needs {what}." : Optional(text, lengthMax);

    static string? Optional(string? text, int lengthMax) => text switch
    {
        null => null,
        _ when string.IsNullOrWhiteSpace(text) => "Leave it out rather than sending it empty.",
        _ when text.Length > lengthMax => $"It has at most {lengthMax} characters.",
        // A label is printed line by line: what would break a line, or the printer, is not part of an address.
        _ when text.EnumerateRunes().Any(static r => Rune.IsControl(r)
            || Rune.GetUnicodeCategory(r) is UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator) => "It has no line breaks or control characters.",
        _ => null,
    };
}
