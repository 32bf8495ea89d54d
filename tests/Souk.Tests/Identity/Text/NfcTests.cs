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

    [Theory]
    [InlineData("a\ud800", false)]
    [InlineData("\udc00a", false)]
    [InlineData("\ud800\ud800\udc00", false)]
    [InlineData("\ud83d\ude00", true)]
    [InlineData("", true)]
    public void Half_a_surrogate_pair_is_no_text(string text, bool whole) => Assert.Equal(whole, Nfc.IsWhole(text));
}
