using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Souk.Identity;
using Souk.Identity.Passwords;

namespace Souk.Tests.Identity.Passwords;

public sealed class PasswordHashTests
{
    /// <summary>Two secrets of 32 bytes.</summary>
    internal static readonly string Pepper = Convert.ToBase64String(new byte[31].Append((byte)1).ToArray()), Older = Convert.ToBase64String(new byte[31].Append((byte)2).ToArray());

    internal static PasswordHash With(IdentityOptions options) => new(options, NullLogger<PasswordHash>.Instance);

    static readonly PasswordHash Today = With(new());

    [Fact]
    public void A_hash_matches_its_password_in_any_composition_and_no_other()
    {
        var phc = Today.Make("na\u00efve \ud83d\ude00");
        Assert.Matches(@"^\$argon2id\$v=19\$m=19456,t=2,p=1\$[^$=]{22}\$[^$=]{43}$", phc);
        Assert.True(Today.Matches(phc, "nai\u0308ve \ud83d\ude00"));
        Assert.False(Today.Matches(phc, "naive \ud83d\ude00"));
        Assert.False(Today.Matches(null, ""));
        Assert.NotEqual(phc, Today.Make("na\u00efve \ud83d\ude00"));
    }

    [Fact]
    public void A_hash_of_other_parameters_matches_and_is_outdated()
    {
        var small = With(new() { PasswordMemoryKibibytes = 8_192, PasswordPasses = 1 });
        var phc = small.Make("password");
        Assert.StartsWith("$argon2id$v=19$m=8192,t=1,p=1$", phc, StringComparison.Ordinal);
        Assert.True(Today.Matches(phc, "password"));
        Assert.Equal((true, false, false, true), (Today.IsOutdated(phc), small.IsOutdated(phc), Today.IsOutdated(Today.Make("password")), small.IsOutdated(Today.Make("password"))));
    }

    [Theory]
    [InlineData("")]
    [InlineData("plain text")]
    [InlineData("$argon2id$changed")]
    [InlineData("$argon2i$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("$argon2id$v=19$m=99999999,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("$argon2id$v=19$m=19456,t=2,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("$argon2id$v=19$m=19456,t=2,p=1,data=AAAA$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("$argon2id$v=19$m=19456,t=2,p=1,keyid=MQ$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("$argon2id$v=19$m=19456,t=2,p=1$AAAA$AAAA")]
    public void What_cannot_be_verified_here_matches_nothing(string phc)
    {
        Assert.False(Today.Takes(phc));
        Assert.False(Today.Matches(phc, "password"));
        Assert.True(Today.IsOutdated(phc));
    }

    [Fact]
    public void With_a_pepper_the_hash_alone_serves_nobody()
    {
        var peppered = With(new() { PasswordPepper = Pepper, PasswordPepperId = "2026" });
        var phc = peppered.Make("password");

        Assert.StartsWith("$argon2id$v=19$m=19456,t=2,p=1,keyid=MjAyNg$", phc, StringComparison.Ordinal);
        Assert.True(peppered.Matches(phc, "password"));
        Assert.False(peppered.Matches(phc, "Password"));
        Assert.False(peppered.IsOutdated(phc));
        // Without the pepper, and with another of the same name.
        Assert.False(Today.Matches(phc, "password"));
        Assert.False(With(new() { PasswordPepper = Older, PasswordPepperId = "2026" }).Matches(phc, "password"));
        Assert.False(Today.Matches(phc.Replace(",keyid=MjAyNg", "", StringComparison.Ordinal), "password"));
    }

    [Fact]
    public void Older_peppers_and_none_verify_still_and_are_outdated()
    {
        var older = With(new() { PasswordPepper = Older, PasswordPepperId = "1" });
        var newer = With(new() { PasswordPepper = Pepper, PasswordPepperId = "2", OldPasswordPeppers = new() { ["1"] = Older } });
        var stopped = With(new() { OldPasswordPeppers = new() { ["1"] = Older } });

        foreach (var made in new[] { Today.Make("password"), older.Make("password") })
        {
            Assert.True(newer.Matches(made, "password"));
            Assert.True(newer.IsOutdated(made));
        }
        Assert.True(stopped.Matches(older.Make("password"), "password"));
        Assert.True(stopped.IsOutdated(older.Make("password")));
        Assert.False(newer.IsOutdated(newer.Make("password")));
    }

    [Theory]
    [InlineData("Identity:PasswordPepper is not 32 bytes", "PasswordPepper", "c2VjcmV0")]
    [InlineData("Identity:PasswordPepper is not 32 bytes", "PasswordPepper", "no base64 of ours")]
    [InlineData("Identity:OldPasswordPeppers:1 is not 32 bytes", "OldPasswordPeppers:1", "c2VjcmV0")]
    [InlineData("The id of a pepper is 1 to 8 letters and digits", "OldPasswordPeppers:longer than 8", "c2VjcmV0")]
    [InlineData("Identity:PasswordMemoryKibibytes is 1024", "PasswordMemoryKibibytes", "1024")]
    [InlineData("Identity:PasswordPasses is 0", "PasswordPasses", "0")]
    [InlineData("Identity:StuffingEmails is 51", "StuffingEmails", "51")]
    public void Settings_that_cannot_work_stop_the_start_and_no_secret_is_repeated(string says, string setting, string value)
    {
        var refused = Assert.Throws<InvalidOperationException>(() => IdentityOptions.Read(new ConfigurationBuilder().AddInMemoryCollection([new($"Identity:{setting}", value)]).Build()));
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("c2VjcmV0", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("no base64", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_peppers_of_one_name_stop_the_start() => Assert.Throws<InvalidOperationException>(() => With(new() { PasswordPepper = Pepper, OldPasswordPeppers = new() { ["1"] = Older } }));
}
