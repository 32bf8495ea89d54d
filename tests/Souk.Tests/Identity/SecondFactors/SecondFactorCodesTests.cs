using System.Net;

namespace Souk.Tests.Identity.SecondFactors;

/// <summary>Six digits can be guessed by who knows the password and asks for one challenge after another.</summary>
public sealed class SecondFactorCodesTests(TestShop shop) : IClassFixture<TestShop>
{
    async Task<List<string?>> Guess(Guarded anna, int challenges)
    {
        var wrong = shop.WrongCodeOf(anna.Secret);
        List<string?> told = [];
        for (var i = 0; i < challenges; i++)
        {
            var challenge = await shop.ChallengeOf(anna.Person);
            told.AddRange(await Task.WhenAll((await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => shop.Answer(challenge, wrong)))).Select(a => a.Code())));
        }
        return told;
    }

    async Task<TimeSpan> Blocked(Guarded anna)
    {
        var refused = await shop.Answer(await shop.ChallengeOf(anna.Person), shop.CodeOf(anna.Secret));
        await refused.Problem(HttpStatusCode.TooManyRequests, "codes_too_many");
        return refused.Headers.RetryAfter!.Delta!.Value;
    }

    [Fact]
    public async Task After_ten_wrong_codes_none_is_looked_at_for_a_while_and_then_for_twice_as_long()
    {
        var anna = await shop.NewGuardedPerson();
        Assert.Equal(10, (await Guess(anna, challenges: 4)).Count(code => code == "code_wrong"));
        Assert.InRange(await Blocked(anna), TimeSpan.FromMinutes(14), TimeSpan.FromMinutes(15));

        shop.Clock.Advance(TimeSpan.FromMinutes(15));
        Assert.Equal(10, (await Guess(anna, challenges: 3)).Count(code => code == "code_wrong"));
        Assert.InRange(await Blocked(anna), TimeSpan.FromMinutes(29), TimeSpan.FromMinutes(30));

        // A right code forgets them.
        shop.Clock.Advance(TimeSpan.FromMinutes(30));
        shop.NextStep();
        Assert.Equal(HttpStatusCode.Created, (await shop.Answer(await shop.ChallengeOf(anna.Person), shop.CodeOf(anna.Secret))).StatusCode);
        Assert.Equal(10, (await Guess(anna, challenges: 3)).Count(code => code == "code_wrong"));
        Assert.InRange(await Blocked(anna), TimeSpan.FromMinutes(14), TimeSpan.FromMinutes(15));
    }

    [Fact]
    public async Task The_owner_comes_in_by_a_recovery_code_meanwhile()
    {
        var anna = await shop.NewGuardedPerson();
        await Guess(anna, challenges: 2);
        await Blocked(anna);
        Assert.Equal(HttpStatusCode.Created, (await shop.Answer(await shop.ChallengeOf(anna.Person), anna.RecoveryCodes[0])).StatusCode);
    }

    [Fact]
    public async Task A_step_up_is_no_other_place_to_guess()
    {
        var anna = await shop.NewGuardedPerson();
        var wrong = shop.WrongCodeOf(anna.Secret);
        var told = await Task.WhenAll((await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => anna.Person.StepUp(new { code = wrong })))).Select(a => a.Code()));
        Assert.Equal((10, 20), (told.Count(c => c == "code_wrong"), told.Count(c => c == "codes_too_many")));
        await Blocked(anna);
    }

    [Fact]
    public async Task A_code_that_was_used_is_refused_but_is_no_guess()
    {
        var anna = await shop.NewGuardedPerson();
        var code = shop.CodeOf(anna.Secret);
        Assert.Equal(HttpStatusCode.NoContent, (await anna.Person.StepUp(new { code })).StatusCode);
        for (var i = 0; i < 12; i++) await (await anna.Person.StepUp(new { code })).Problem(HttpStatusCode.Forbidden, "code_wrong");
        shop.NextStep();
        Assert.Equal(HttpStatusCode.NoContent, (await anna.Person.StepUp(new { code = shop.CodeOf(anna.Secret) })).StatusCode);
    }
}
