using System.Net;

namespace Souk.Tests.Identity.SecondFactors;

public sealed class ReadSecondFactorsTests(TestShop shop) : IClassFixture<TestShop>
{
    [Fact]
    public async Task Shows_what_is_active_and_how_many_recovery_codes_are_left()
    {
        var anna = await shop.NewPerson();
        var none = await anna.Http.GetAsync("/v1/me/second-factors");
        Assert.True(none.Headers.CacheControl!.NoStore && none.Headers.CacheControl.Private);
        Assert.Equal("""{"recoveryCodesLeft":0}""", await none.Content.ReadAsStringAsync());

        var guarded = await shop.Guard(anna);
        var factors = await anna.SecondFactors();
        Assert.True(factors.GetProperty("totp").GetProperty("activeSince").GetDateTimeOffset() > shop.Clock.GetUtcNow().AddMinutes(-1));
        Assert.Equal(10, factors.GetProperty("recoveryCodesLeft").GetInt32());

        Assert.Equal(HttpStatusCode.Created, (await shop.Answer(await shop.ChallengeOf(anna), guarded.RecoveryCodes[0])).StatusCode);
        Assert.Equal(9, (await anna.SecondFactors()).GetProperty("recoveryCodesLeft").GetInt32());
    }

    [Fact]
    public async Task Visitors_have_none() => await (await shop.Http.GetAsync("/v1/me/second-factors")).Problem(HttpStatusCode.Unauthorized, "not_signed_in");
}
