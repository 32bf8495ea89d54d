using Souk.Platform.Http;

namespace Souk.Tests.Platform.Http;

public sealed class AcceptLanguageTests
{
    [Theory]
    [InlineData(null, "en")]
    [InlineData("", "en")]
    [InlineData("fr", "fr")]
    [InlineData("FR", "fr")]
    [InlineData("de", "en")]
    [InlineData("de, fr", "fr")]
    [InlineData("fr;q=0.3, th;q=0.8", "th")]
    [InlineData("th;q=0.5, fr;q=0.5", "th")]                 // equal weights: the first
    [InlineData("fr-CA-x-quebec", "fr")]                      // shortened over the single letter
    [InlineData("zh-Hant-TW", "zh-Hant")]
    [InlineData("zh-hant", "zh-Hant")]                        // in the spelling of the offer
    [InlineData("zh, fr;q=0.1", "fr")]                        // a range names its own subtags only when they are longer (RFC 4647, 3.4)
    [InlineData("*", "en")]
    [InlineData("de, *;q=0.5, fr;q=0.1", "en")]
    [InlineData("fr;q=0", "en")]
    [InlineData("fr-CA, fr;q=0, th;q=0.2", "th")]             // refused, also when shortened to
    [InlineData("fr;q=2, th", "th")]                          // no weight of RFC 9110
    [InlineData("fr;q=x", "en")]
    [InlineData("fr;level=1", "en")]
    [InlineData(",,;;=, fr", "fr")]
    [InlineData("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,fr", "en")]   // not read so far
    public void Finds_the_best_of_what_there_is(string? header, string chosen) =>
        Assert.Equal(chosen, AcceptLanguage.Choose(header, ["ar", "en", "fr", "he", "th", "zh-Hant"], "en"));
}
