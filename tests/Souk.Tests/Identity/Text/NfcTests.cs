using Souk.Identity.Text;

namespace Souk.Tests.Identity.Text;

public sealed class NfcTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("e\u0301", "\u00e9")]
    [InlineData("\u00e9", "\u00e9")]
    [InlineData("\u212b", "\u00c5")]                                  // angstrom sign: the letter
    [InlineData("q\u0307\u0323", "q\u0323\u0307")]                    // marks in the order of their classes
    [InlineData("a\u0323\u0302", "\u1ead")]                           // two marks, one letter
    [InlineData("a\u0302\u0323", "\u1ead")]
    [InlineData("e\u0301\u0301", "\u00e9\u0301")]                     // the second of a class is blocked
    [InlineData("\u0958", "\u0915\u093c")]                            // excluded from composition
    [InlineData("\u1100\u1161\u11a8", "\uac01")]                      // Hangul
    [InlineData("\uac00\u11a8", "\uac01")]
    [InlineData("\uac01\u11a8", "\uac01\u11a8")]
    [InlineData("\U0001d15e", "\U0001d157\U0001d165")]                // beyond the basic plane
    [InlineData("\u0301", "\u0301")]                                  // a mark without a letter
    public void Text_of_one_meaning_has_one_form(string given, string normalised)
    {
        Assert.Equal(normalised, Nfc.Normalise(given));
        Assert.Equal(normalised, Nfc.Normalise(normalised));
    }

    /// <summary>By their code units: half a pair would not survive as an argument of the test.</summary>
    [Theory]
    [InlineData(false, 0x61, 0xD800)]
    [InlineData(false, 0xDC00, 0x61)]
    [InlineData(false, 0xD800, 0xD800, 0xDC00)]
    [InlineData(true, 0xD83D, 0xDE00)]
    [InlineData(true)]
    public void Half_a_surrogate_pair_is_no_text(bool whole, params int[] units) => Assert.Equal(whole, Nfc.IsWhole(string.Concat(units.Select(u => (char)u))));
}
