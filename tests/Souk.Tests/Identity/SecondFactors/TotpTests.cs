using System.Text;
using Souk.Identity.SecondFactors;

namespace Souk.Tests.Identity.SecondFactors;

public sealed class TotpTests
{
    static readonly byte[] Secret = Encoding.ASCII.GetBytes("12345678901234567890");

    /// <summary>RFC 6238, appendix B, of SHA-1: the last six of its eight digits.</summary>
    [Theory]
    [InlineData(59L, "287082")]
    [InlineData(1111111109L, "081804")]
    [InlineData(1111111111L, "050471")]
    [InlineData(1234567890L, "005924")]
    [InlineData(2000000000L, "279037")]
    [InlineData(20000000000L, "353130")]
    public void Codes_are_those_of_the_standard(long seconds, string code) =>
        Assert.Equal(code, Totp.CodeAt(Secret, Totp.StepAt(DateTimeOffset.FromUnixTimeSeconds(seconds))));

    /// <summary>RFC 4226, appendix D.</summary>
    [Theory]
    [InlineData(0L, "755224")]
    [InlineData(1L, "287082")]
    [InlineData(9L, "520489")]
    public void Codes_count_as_the_standard_counts(long step, string code) => Assert.Equal(code, Totp.CodeAt(Secret, step));

    [Theory]
    [InlineData(-2, false)]
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public void A_clock_may_be_off_by_one_step(int steps, bool isTaken)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_015);
        var step = Totp.StepAt(now) + steps;
        Assert.Equal(isTaken ? step : null, Totp.FindStep(Secret, Totp.CodeAt(Secret, step), now));
    }

    [Theory]
    [InlineData("123456", "123456")]
    [InlineData(" 123 456 ", "123456")]
    [InlineData("12345", null)]
    [InlineData("1234567", null)]
    [InlineData("12345a", null)]
    [InlineData("１２３４５６", null)]
    public void Six_digits_are_a_code(string text, string? code) => Assert.Equal(code, Totp.Read(text));

    /// <summary>RFC 4648, section 10, lengthened to what needs no padding.</summary>
    [Fact]
    public void A_secret_is_written_in_base32()
    {
        Assert.Equal("MZXW6YTB", Totp.Write(Encoding.ASCII.GetBytes("fooba")));
        Assert.Equal("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", Totp.Write(Secret));
        Assert.Equal(Secret, Authenticators.FromBase32(Totp.Write(Secret)));
        var random = Totp.NewSecret();
        Assert.Equal(random, Authenticators.FromBase32(Totp.Write(random)));
    }

    [Fact]
    public void What_is_scanned_holds_whatever_an_email_may_hold() => Assert.Equal(
        "otpauth://totp/My%20Shop:a%2Bb%26c%3F%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=My%20Shop&algorithm=SHA1&digits=6&period=30",
        Totp.Uri(Secret, "My Shop", "a+b&c?@example.com"));
}
