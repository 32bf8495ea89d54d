using Souk.Identity.Text;

namespace Souk.Identity.Passwords;

/// <summary>What a password must be (NIST SP 800-63B: long enough, any characters, no rules of composition).</summary>
internal static class PasswordRules
{
    /// <summary>Counted in Unicode code points.</summary>
    public const int LengthMin = 8, LengthMax = 128;

    /// <summary>Code units beyond which a text is not even looked at: a decomposed syllable takes three.</summary>
    const int UnitsMax = LengthMax * 4;

    /// <summary>What is wrong with it, or null.</summary>
    public static string? Refuse(string? password) => password switch
    {
        null or "" => "A password is needed.",
        _ when !IsUsable(password) => $"A password has at most {LengthMax} characters, all of them whole Unicode.",
        _ when LengthOf(password) is < LengthMin => $"A password has at least {LengthMin} characters.",
        _ => null,
    };

    /// <summary>False for what no account can have as its password, whoever asks.</summary>
    public static bool IsUsable(string password) => password.Length <= UnitsMax && Nfc.IsWhole(password) && LengthOf(password) <= LengthMax;

    static int LengthOf(string password) => Nfc.Normalise(password).EnumerateRunes().Count();
}
