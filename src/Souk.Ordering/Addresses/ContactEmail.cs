using System.Text;

namespace Souk.Ordering.Addresses;

/// <summary>Where to write about an order.</summary>
internal static class ContactEmail
{
    /// <summary>RFC 5321, 4.5.3.1: a path of 256 octets less its brackets; counted in characters.</summary>
    public const int LengthMax = 254;

    /// <summary>What is wrong with it, or null. Whether it exists, only a mail can tell.</summary>
    public static string? Refuse(string email) => email.Trim() switch
    {
        "" => "Send an e-mail address, or null for none.",
        { Length: > LengthMax } => $"An e-mail address has at most {LengthMax} characters.",
        var text when text.EnumerateRunes().Any(r => Rune.IsWhiteSpace(r) || Rune.IsControl(r)) => "An e-mail address has no spaces or control characters.",
        var text when text.Split('@') is not [{ Length: > 0 }, { Length: > 0 }] => "An e-mail address has one @ between a name and a domain.",
        _ => null,
    };
}
