using Souk.Catalog;

namespace Souk.Tests.Catalog;

public sealed class SlugsTests
{
    [Theory]
    [InlineData("HL Road Frame", "hl-road-frame")]
    [InlineData("LL Mountain Seat/Saddle 2", "ll-mountain-seat-saddle-2")]
    [InlineData("Men's Bib-Shorts", "mens-bib-shorts")]
    [InlineData("  -- Water Bottle - 30 oz. ", "water-bottle-30-oz")]
    [InlineData("Vélo", "vélo")]
    [InlineData("دراجة", "دراجة")]
    [InlineData("จักรยาน", "จักรยาน")]
    [InlineData("!?", null)]
    public void Are_words_in_lower_case(string name, string? slug)
    {
        Assert.Equal(slug, Slugs.Of(name));
        Assert.True(slug is null || Slugs.Possible(slug));
    }

    [Fact]
    public void Are_not_longer_than_a_cursor_can_hold() => Assert.Equal(Slugs.LengthMax, Slugs.Of(new string('a', 500))!.Length);

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("a\0b")]
    [InlineData("prod_1")]
    [InlineData("A b")]
    public void Look_like_nothing_else(string text) => Assert.False(Slugs.Possible(text));
}
