using System.Net;
using System.Net.Http.Json;

namespace Souk.Tests.Identity.SecondFactors;

public sealed class ConfirmTotpTests(TestShop shop) : IClassFixture<TestShop>
{
    static Task<HttpResponseMessage> Confirm(Person person, string? code) => person.Http.PostAsJsonAsync(Authenticators.Confirmation, new { code });

    [Fact]
    public async Task A_code_makes_it_active_and_answers_ten_recovery_codes_once()
    {
        var anna = await shop.NewPerson();
        var elsewhere = await shop.SignedIn(anna.Email);
        var secret = await anna.BeginTotp();
        await (await Confirm(anna, shop.WrongCodeOf(secret))).Problem(HttpStatusCode.Forbidden, "code_wrong");
        await (await Confirm(anna, "nonsense")).Problem(HttpStatusCode.Forbidden, "code_wrong");
        await (await Confirm(anna, null)).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");

        var confirmed = await Confirm(anna, shop.CodeOf(secret));
        Assert.Equal(HttpStatusCode.OK, confirmed.StatusCode);
        Assert.True(confirmed.Headers.CacheControl!.NoStore);
        Assert.Equal(10, (await confirmed.Body()).GetProperty("recoveryCodes").EnumerateArray().Select(c => c.GetString()).Distinct().Count());

        await (await Confirm(anna, shop.CodeOf(secret))).Problem(HttpStatusCode.Conflict, "second_factor_active");
        await (await shop.SignIn(anna.Email)).Problem(HttpStatusCode.Unauthorized, "second_factor_required");
        Assert.Equal(HttpStatusCode.OK, (await elsewhere.Http.GetAsync("/v1/me")).StatusCode);
    }

    [Fact]
    public async Task Of_ten_at_once_one_answers_codes_and_those_serve()
    {
        var anna = await shop.NewPerson();
        var secret = await anna.BeginTotp();
        var code = shop.CodeOf(secret);

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Confirm(anna, code)));

        var confirmed = Assert.Single(answers, a => a.StatusCode == HttpStatusCode.OK);
        foreach (var other in answers.Where(a => a != confirmed)) await other.Problem(HttpStatusCode.Conflict, "second_factor_active");
        var recovery = (await confirmed.Body()).GetProperty("recoveryCodes")[9].GetString()!;
        Assert.Equal(HttpStatusCode.Created, (await shop.Answer(await shop.ChallengeOf(anna), recovery)).StatusCode);
    }

    [Fact]
    public async Task What_was_not_begun_or_long_ago_is_not_confirmed()
    {
        var (anna, ben) = (await shop.NewPerson(), await shop.NewPerson());
        await (await Confirm(anna, "123456")).Problem(HttpStatusCode.Conflict, "second_factor_missing");
        var secret = await ben.BeginTotp();
        await (await Confirm(anna, shop.CodeOf(secret))).Problem(HttpStatusCode.Conflict, "second_factor_missing");
        shop.Clock.Advance(TimeSpan.FromMinutes(61));
        await (await Confirm(await shop.Refreshed(ben), shop.CodeOf(secret))).Problem(HttpStatusCode.Conflict, "second_factor_missing");
    }
}
