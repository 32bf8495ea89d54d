using Souk.Identity.Passwords;

namespace Souk.Tests.Identity.Passwords;

public sealed class PasswordHashTests
{
    [Fact]
    public void A_hash_matches_its_password_in_any_composition_and_no_other()
    {
        var phc = PasswordHash.Make("na\u00efve \ud83d\ude00");
        Assert.StartsWith("$argon2id$v=19$m=19456,t=2,p=1$", phc, StringComparison.Ordinal);
        Assert.True(PasswordHash.Matches(phc, "nai\u0308ve \ud83d\ude00"));
        Assert.False(PasswordHash.Matches(phc, "naive \ud83d\ude00"));
        Assert.False(PasswordHash.Matches(PasswordHash.OfNobody, ""));
        Assert.NotEqual(phc, PasswordHash.Make("na\u00efve \ud83d\ude00"));
    }

    [Fact]
    public void Only_a_hash_of_other_parameters_is_outdated()
    {
        Assert.False(PasswordHash.IsOutdated(PasswordHash.Make("password")));
        Assert.True(PasswordHash.IsOutdated(PasswordHash.Make("password", memoryKibibytes: 8_192)));
        Assert.True(PasswordHash.IsOutdated(PasswordHash.Make("password", memoryKibibytes: 8_192, passes: 1)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("plain text")]
    [InlineData("$argon2i$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA")]
    [InlineData("$argon2id$v=19$m=99999999,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA")]
    [InlineData("$argon2id$v=19$m=19456,t=2,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAA")]
    public void What_is_no_hash_of_ours_is_refused(string phc) => Assert.Throws<FormatException>(() => PasswordHash.Matches(phc, "password"));

    [Theory]
    [InlineData("1234567", false)]
    [InlineData("12345678", true)]
    [InlineData("😀😀😀😀😀😀😀😀", true)]
    [InlineData("😀😀😀😀", false)]
    [InlineData("e\u0301e\u0301e\u0301e\u0301", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void A_password_has_eight_characters_however_they_are_written(string? password, bool fine) => Assert.Equal(fine, PasswordRules.Refuse(password) is null);

    [Theory]
    [InlineData(128, true)]
    [InlineData(129, false)]
    public void A_password_has_at_most_128_characters(int length, bool fine)
    {
        Assert.Equal(fine, PasswordRules.Refuse(new string('x', length)) is null);
        Assert.Equal(fine, PasswordRules.Refuse(string.Concat(Enumerable.Repeat("😀", length))) is null);
    }
}
