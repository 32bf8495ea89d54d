using Souk.Identity.Passwords;

namespace Souk.Tests.Identity.Passwords;

public sealed class PasswordRulesTests
{
    [Theory]
    [InlineData("kq7tz5w", false)]
    [InlineData("kq7tz5wv", true)]
    [InlineData("😀😈🐙🦀🌵🍋🎲🧿", true)]
    [InlineData("😀😈🐙🦀", false)]
    [InlineData("e\u0301o\u0301a\u0301u\u0301", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void A_password_has_eight_characters_however_they_are_written(string? password, bool fine) => Assert.Equal(fine, PasswordRules.Refuse(password) is null);

    [Theory]
    [InlineData(128, true)]
    [InlineData(129, false)]
    public void A_password_has_at_most_128_characters(int length, bool fine)
    {
        const string some = "tractor violin harbour 7 quince ", faces = "😀😈🐙🦀🌵🍋🎲🧿🚜";
        Assert.Equal(fine, PasswordRules.Refuse(string.Concat(Enumerable.Repeat(some, 5))[..length]) is null);
        Assert.Equal(fine, PasswordRules.Refuse("x" + string.Concat(Enumerable.Repeat(faces, 15))[..(2 * (length - 1))]) is null);
    }

    [Theory]
    [InlineData("password", "tried first")]
    [InlineData("Password1!", "tried first")]
    [InlineData("p@55w0rd", "tried first")]
    [InlineData("drowssap", "tried first")]
    [InlineData("SUNSHINE24", "tried first")]
    [InlineData("iloveyou123", "tried first")]
    [InlineData("schmetterling", "tried first")]
    [InlineData("azerty123", "tried first")]
    [InlineData("12345678", "")]
    [InlineData("qwertzuiop", "in a row")]
    [InlineData("lkjhgfdsa", "")]
    [InlineData("mnopqrst", "in a row")]
    [InlineData("1qaz2wsx3edc", "")]
    [InlineData("xjxjxjxj", "repeated")]
    [InlineData("kkkkkkkkkkkk", "repeated")]
    [InlineData("24121987", "Dates")]
    [InlineData("1987-12-24", "Dates")]
    public void What_is_guessed_first_is_refused_and_told_why(string password, string why)
    {
        var refused = Assert.IsType<string>(PasswordRules.Refuse(password));
        Assert.Contains(why, refused, StringComparison.Ordinal);
        Assert.EndsWith("easy to remember and hard to guess.", refused, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("anna.mueller@example.com")]
    [InlineData("AnnaMueller")]
    [InlineData("mueller1990")]
    [InlineData("Mueller, Anna")]
    [InlineData("anna-mueller!")]
    [InlineData("relleumanna")]
    public void A_password_is_not_what_its_owner_is_called(string password)
    {
        Assert.Contains("your own name", Assert.IsType<string>(PasswordRules.Refuse(password, "Anna.Mueller@Example.com", "Anna Mueller")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("correct horse battery")]
    [InlineData("another password")]
    [InlineData("a ship in harbour is safe")]
    [InlineData("Tr0ub4dour&3")]
    [InlineData("vq8x2mzt")]
    [InlineData("anna likes mueller milk")]
    [InlineData("пять зелёных слонов")]
    public void What_takes_long_to_guess_is_fine(string password) => Assert.Null(PasswordRules.Refuse(password, "anna.mueller@example.com", "Anna Mueller"));

    /// <summary>What has many ways to be read costs no more than anything else: each of these ends.</summary>
    [Fact]
    public void Nothing_that_may_be_sent_takes_long()
    {
        foreach (var unit in new[] { "a", "ab", "abc", "password", "1q", "aab", "12.12.", "pa55", "😀", "aaaaaaaaaaaaaaab" })
            Assert.IsType<string>(PasswordRules.Refuse(string.Concat(Enumerable.Repeat(unit, 128))[..(unit == "😀" ? 256 : 128)], new string('a', 254), "a b c d e f"));
    }

    /// <summary>Whatever is put behind a password, or before it, makes it no easier by more than rounding and the price of another part.</summary>
    [Theory]
    [InlineData("tractor violin")]
    [InlineData("monkeybusiness")]
    public void Longer_is_not_easier(string password)
    {
        var guesses = PasswordStrength.Of(password, []).Guesses;
        foreach (var more in new[] { "x", "1", "!", "7k", " zebra" })
            Assert.True(PasswordStrength.Of(password + more, []).Guesses >= guesses, more);
    }
}
