using System.Net;

namespace Souk.Tests.Identity.SecondFactors;

public sealed class RenewRecoveryCodesTests(TestShop shop) : IClassFixture<TestShop>
{
    static Task<HttpResponseMessage> Renew(Person person) => person.Http.PostAsync("/v1/me/second-factors/recovery-codes", null);

    [Fact]
    public async Task Ten_new_codes_serve_and_the_old_ones_no_more()
    {
        var guarded = await shop.NewGuardedPerson();
        var renewed = await Renew(guarded.Person);
        Assert.Equal(HttpStatusCode.OK, renewed.StatusCode);
        Assert.True(renewed.Headers.CacheControl!.NoStore);
        var codes = (await renewed.Body()).GetProperty("recoveryCodes").EnumerateArray().Select(c => c.GetString()!).ToList();
        Assert.Empty(codes.Intersect(guarded.RecoveryCodes));

        var challenge = await shop.ChallengeOf(guarded.Person);
        await (await shop.Answer(challenge, guarded.RecoveryCodes[0])).Problem(HttpStatusCode.Unauthorized, "code_wrong");
        Assert.Equal(HttpStatusCode.Created, (await shop.Answer(challenge, codes[0])).StatusCode);
    }

    [Fact]
    public async Task Of_many_at_once_ten_codes_are_left()
    {
        var guarded = await shop.NewGuardedPerson();
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Renew(guarded.Person)));
        Assert.All(answers, a => Assert.Equal(HttpStatusCode.OK, a.StatusCode));
        Assert.Equal(10, (await guarded.Person.SecondFactors()).GetProperty("recoveryCodesLeft").GetInt32());
    }

    [Fact]
    public async Task There_are_none_without_an_authenticator()
    {
        var anna = await shop.NewPerson();
        await (await Renew(anna)).Problem(HttpStatusCode.Conflict, "second_factor_missing");
        await anna.BeginTotp();
        await (await Renew(anna)).Problem(HttpStatusCode.Conflict, "second_factor_missing");
    }

    [Fact]
    public async Task An_old_session_steps_up_first()
    {
        var guarded = await shop.NewGuardedPerson();
        shop.Clock.Advance(TimeSpan.FromMinutes(15));
        var anna = await shop.Refreshed(guarded.Person);
        await (await Renew(anna)).Problem(HttpStatusCode.Forbidden, "step_up_required");
        Assert.Equal(HttpStatusCode.NoContent, (await anna.StepUp(new { code = shop.CodeOf(guarded.Secret) })).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await Renew(anna)).StatusCode);
    }
}
