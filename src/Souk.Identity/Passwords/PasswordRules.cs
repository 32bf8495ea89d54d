using Souk.Identity.Text;

namespace Souk.Identity.Passwords;

/// <summary>
/// What a password must be (NIST SP 800-63B): long enough, any characters, no rules of composition; none that is among the first to be guessed, for everybody or
/// for this person.
/// </summary>
internal static class PasswordRules
{
    /// <summary>Counted in Unicode code points.</summary>
    public const int LengthMin = 8, LengthMax = 128;

    /// <summary>
    /// Passwords that fall within so many guesses are refused: those of zxcvbn's scores 0 and 1, "too" and "very guessable". What sign-in lets strangers try
    /// (about a hundred a day at one account) is far below it.
    /// </summary>
    public const double GuessesMin = 1e6;

    /// <summary>Code units beyond which a text is not even looked at: a decomposed syllable takes three.</summary>
    const int UnitsMax = LengthMax * 4;

    const string Advice = "Three or four words that have nothing to do with each other are easy to remember and hard to guess.";

    /// <summary>What is wrong with it and what to do, or null.</summary>
    /// <param name="password">As it was sent.</param>
    /// <param name="own">What the person is called: e-mail, name. The first that others would try.</param>
    public static string? Refuse(string? password, params ReadOnlySpan<string?> own) => password switch
    {
        null or "" => "A password is needed.",
        _ when !IsUsable(password) => $"A password has at most {LengthMax} characters, all of them whole Unicode.",
        _ when LengthOf(password) is < LengthMin => $"A password has at least {LengthMin} characters.",
        _ => PasswordStrength.Of(Nfc.Normalise(password), own) is { Guesses: < GuessesMin, Weakness: var weakness } ? $"{Say(weakness)} {Advice}" : null,
    };

    /// <summary>False for what no account can have as its password, whoever asks.</summary>
    public static bool IsUsable(string password) => password.Length <= UnitsMax && Nfc.IsWhole(password) && LengthOf(password) <= LengthMax;

    static int LengthOf(string password) => Nfc.Normalise(password).EnumerateRunes().Count();

    static string Say(Weakness weakness) => weakness switch
    {
        Weakness.Common => "This is one of the passwords that are tried first, or nearly: digits, signs and capitals around a common word do not help.",
        Weakness.Own => "This is your own name or e-mail address, or nearly: that is tried first.",
        Weakness.Sequence => "Neighbouring keys, letters or digits in a row, such as qwertz or 4321, are tried first.",
        Weakness.Repetition => "What is repeated counts once, or nearly: aaaa and abcabc are tried first.",
        Weakness.Date => "Dates and years are tried first.",
        _ => "This is too short for so few different characters.",
    };
}
