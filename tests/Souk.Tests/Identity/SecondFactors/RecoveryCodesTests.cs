using Souk.Identity.SecondFactors;

namespace Souk.Tests.Identity.SecondFactors;

public sealed class RecoveryCodesTests
{
    static readonly Guid Anna = Guid.NewGuid(), Ben = Guid.NewGuid();

    [Fact]
    public void Ten_codes_of_eighty_bits_are_made_and_none_is_like_another()
    {
        var codes = Enumerable.Range(0, 100).SelectMany(_ => RecoveryCodes.New()).ToList();
        Assert.Equal((1_000, 1_000), (codes.Count, codes.Distinct().Count()));
        Assert.All(codes, code => Assert.Matches("^[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){3}$", code));
        // Every character of the alphabet of 32 occurs, in every place.
        Assert.All(Enumerable.Range(0, 19).Where(at => at % 5 != 4), at => Assert.Equal(32, codes.Select(code => code[at]).Distinct().Count()));
    }

    [Theory]
    [InlineData("0123-4567-89ab-cdef", true)]
    [InlineData("0123456789abcdef", true)]
    [InlineData(" 0123 4567 89AB CDEF ", true)]
    [InlineData("OI23-4567-89ab-cdef", true)]
    [InlineData("oL23-4567-89ab-cdef", true)]
    [InlineData("0123-4567-89ab-cdeg", false)]
    public void A_code_is_the_same_however_it_is_typed(string typed, bool isSame) =>
        Assert.Equal(isSame, RecoveryCodes.Hash(Anna, "0123-4567-89ab-cdef")!.AsSpan().SequenceEqual(RecoveryCodes.Hash(Anna, typed)));

    [Theory]
    [InlineData("")]
    [InlineData("0123-4567-89ab-cde")]
    [InlineData("0123-4567-89ab-cdef-0")]
    [InlineData("0123-4567-89ab-cdeu")]
    [InlineData("0123-4567-89ab-cdeß")]
    public void What_is_no_code_has_no_hash(string typed) => Assert.Null(RecoveryCodes.Hash(Anna, typed));

    [Fact]
    public void A_code_is_of_one_account() => Assert.NotEqual(RecoveryCodes.Hash(Anna, "0123-4567-89ab-cdef"), RecoveryCodes.Hash(Ben, "0123-4567-89ab-cdef"));
}
