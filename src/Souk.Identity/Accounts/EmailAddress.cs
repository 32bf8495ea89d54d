using System.Text;
using Souk.Identity.Text;
using Souk.Platform;

namespace Souk.Identity.Accounts;

/// <summary>An e-mail address: kept as it was spelt, found in any spelling of case and composition.</summary>
internal static class EmailAddress
{
    /// <summary>RFC 5321, 4.5.3.1: a path of 256 octets less its brackets; counted in characters.</summary>
    public const int LengthMax = 254;

    /// <summary>What the blind index is of; never renamed.</summary>
    const string IndexPurpose = "identity.accounts.email";

    /// <summary>What is wrong with it, or null. Whether it exists, only a mail can tell.</summary>
    public static string? Refuse(string? email) => email?.Trim() switch
    {
        null or "" => "An e-mail address is needed.",
        { Length: > LengthMax } => $"An e-mail address has at most {LengthMax} characters.",
        var text when !Nfc.IsWhole(text) || text.EnumerateRunes().Any(r => Rune.IsWhiteSpace(r) || Rune.IsControl(r)) => "An e-mail address has no spaces or control characters.",
        var text when text.Split('@') is not [{ Length: > 0 }, { Length: > 0 }] => "An e-mail address has one @ between a name and a domain.",
        _ => null,
    };

    /// <summary>The one form that all spellings share.</summary>
    public static string Normalise(string email) => Nfc.Normalise(Nfc.Normalise(email.Trim()).ToLowerInvariant());

    /// <summary>What the claim of this address is stored under.</summary>
    public static byte[] Index(PersonalData people, string email) => people.BlindIndex(IndexPurpose, Normalise(email));

    /// <summary>Everything that its claim may be stored under, while keys change; for an address that cannot exist, what no claim has.</summary>
    public static byte[][] Indexes(PersonalData people, string email) =>
        people.BlindIndexes(IndexPurpose, Refuse(email) is null ? Normalise(email) : "");
}
