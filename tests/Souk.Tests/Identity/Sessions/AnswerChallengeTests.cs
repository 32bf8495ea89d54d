using System.Net;
using System.Net.Http.Json;
using Souk.Tests.Identity.SecondFactors;
using Souk.Tests.Ordering.Carts;

namespace Souk.Tests.Identity.Sessions;

public sealed class AnswerChallengeTests(TestShop shop) : IClassFixture<TestShop>
{
    static int Successes(IEnumerable<HttpResponseMessage> answers) => answers.Count(a => a.StatusCode == HttpStatusCode.Created);

    static async Task<List<string?>> Refusals(IEnumerable<HttpResponseMessage> answers) =>
        [.. await Task.WhenAll(answers.Where(a => a.StatusCode != HttpStatusCode.Created).Select(a => a.Code()))];

    [Fact]
    public async Task The_password_alone_begins_no_session_and_a_code_with_it_does()
    {
        var anna = await shop.NewGuardedPerson();
        var before = await shop.SessionsOf(anna.Person);

        var due = await (await shop.SignIn(anna.Person.Email)).Problem(HttpStatusCode.Unauthorized, "second_factor_required");
        Assert.Equal(["totp", "recovery_code"], due.GetProperty("methods").EnumerateArray().Select(m => m.GetString()));
        Assert.True(due.GetProperty("expiresAt").GetDateTimeOffset() <= shop.Clock.GetUtcNow().AddMinutes(5));
        Assert.Equal(before, await shop.SessionsOf(anna.Person));

        var answer = await shop.Answer(due.Text("challenge"), shop.CodeOf(anna.Secret));
        var body = await answer.Body();
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.True(answer.Headers.CacheControl!.NoStore);
        Assert.Equal(("Bearer", 600, anna.Person.Id), (body.Text("tokenType"), body.GetProperty("expiresIn").GetInt32(), body.GetProperty("user").Text("id")));
        Assert.Equal(HttpStatusCode.OK, (await shop.Bearing(body.Text("accessToken")).GetAsync("/v1/me")).StatusCode);
        Assert.Equal(before + 1, await shop.SessionsOf(anna.Person));
    }

    [Fact]
    public async Task A_wrong_password_is_told_nothing_of_a_second_factor()
    {
        var anna = await shop.NewGuardedPerson();
        var problem = await (await shop.SignIn(anna.Person.Email, "not my password")).Problem(HttpStatusCode.Unauthorized, "credentials_wrong");
        Assert.False(problem.TryGetProperty("challenge", out _) || problem.TryGetProperty("methods", out _));
    }

    [Fact]
    public async Task The_mode_of_the_first_request_is_remembered()
    {
        var anna = await shop.NewGuardedPerson();
        var answer = await shop.Answer(await shop.ChallengeOf(anna.Person, "cookie"), anna.RecoveryCodes[3].ToUpperInvariant().Replace("-", " ", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.StartsWith("__Host-souk=", answer.SessionCookie(), StringComparison.Ordinal);
        var body = await answer.Body();
        Assert.True(body.TryGetProperty("csrfToken", out _) && !body.TryGetProperty("accessToken", out _));
        Assert.Equal(9, (await anna.Person.SecondFactors()).GetProperty("recoveryCodesLeft").GetInt32());
    }

    [Theory]
    [InlineData(-2, false)]
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public async Task The_clock_of_the_authenticator_may_be_off_by_one_step(int steps, bool isTaken)
    {
        var anna = await shop.NewGuardedPerson();
        shop.NextStep();
        shop.NextStep();
        var answer = await shop.Answer(await shop.ChallengeOf(anna.Person), shop.CodeOf(anna.Secret, steps));
        if (isTaken) Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        else await answer.Problem(HttpStatusCode.Unauthorized, "code_wrong");
    }

    [Fact]
    public async Task The_code_that_set_it_up_does_not_sign_in()
    {
        var person = await shop.NewPerson();
        var secret = await person.BeginTotp();
        shop.NextStep();
        var code = shop.CodeOf(secret);
        Assert.Equal(HttpStatusCode.OK, (await person.Http.PostAsJsonAsync(Authenticators.Confirmation, new { code })).StatusCode);
        await (await shop.Answer(await shop.ChallengeOf(person), code)).Problem(HttpStatusCode.Unauthorized, "code_wrong");
    }

    [Fact]
    public async Task Of_twenty_answers_at_once_one_begins_a_session()
    {
        var anna = await shop.NewGuardedPerson();
        var before = await shop.SessionsOf(anna.Person);
        var (challenge, code) = (await shop.ChallengeOf(anna.Person), shop.CodeOf(anna.Secret));

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => shop.Answer(challenge, code)));

        Assert.Equal(1, Successes(answers));
        Assert.All(await Refusals(answers), refusal => Assert.Equal("challenge_ended", refusal));
        Assert.Equal(before + 1, await shop.SessionsOf(anna.Person));
    }

    [Fact]
    public async Task Of_ten_right_codes_at_once_one_answers_and_the_others_are_not_spent()
    {
        var anna = await shop.NewGuardedPerson();
        var challenge = await shop.ChallengeOf(anna.Person);

        var answers = await Task.WhenAll(anna.RecoveryCodes.Select(code => shop.Answer(challenge, code)));

        Assert.Equal(1, Successes(answers));
        Assert.All(await Refusals(answers), refusal => Assert.Equal("challenge_ended", refusal));
        Assert.Equal(9, (await anna.Person.SecondFactors()).GetProperty("recoveryCodesLeft").GetInt32());
    }

    /// <summary>Whoever saw the code over a shoulder and knows the password too comes second, or not at all.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_code_serves_once_also_for_two_challenges_at_once(bool isRecoveryCode)
    {
        var anna = await shop.NewGuardedPerson();
        for (var round = 0; round < 10; round++)
        {
            var challenges = new[] { await shop.ChallengeOf(anna.Person), await shop.ChallengeOf(anna.Person) };
            shop.NextStep();
            var code = isRecoveryCode ? anna.RecoveryCodes[round] : shop.CodeOf(anna.Secret);

            var answers = await Task.WhenAll(challenges.Select(challenge => shop.Answer(challenge, code)));

            Assert.Equal(1, Successes(answers));
            Assert.Equal(["code_wrong"], await Refusals(answers));
        }
        if (isRecoveryCode) Assert.Equal(0, (await (await shop.Refreshed(anna.Person)).SecondFactors()).GetProperty("recoveryCodesLeft").GetInt32());
    }

    [Fact]
    public async Task Five_wrong_codes_end_a_challenge()
    {
        var anna = await shop.NewGuardedPerson();
        var challenge = await shop.ChallengeOf(anna.Person);
        foreach (var wrong in new[] { shop.WrongCodeOf(anna.Secret), "0000-0000-0000-0000", "nonsense", "1234567", "x" })
            await (await shop.Answer(challenge, wrong)).Problem(HttpStatusCode.Unauthorized, "code_wrong");
        await (await shop.Answer(challenge, shop.CodeOf(anna.Secret))).Problem(HttpStatusCode.Unauthorized, "challenge_ended");
        Assert.Equal(HttpStatusCode.Created, (await shop.Answer(await shop.ChallengeOf(anna.Person), shop.CodeOf(anna.Secret))).StatusCode);
    }

    [Fact]
    public async Task Of_forty_guesses_at_once_five_are_looked_at()
    {
        var anna = await shop.NewGuardedPerson();
        var (challenge, wrong) = (await shop.ChallengeOf(anna.Person), shop.WrongCodeOf(anna.Secret));
        var refusals = await Refusals(await Task.WhenAll(Enumerable.Range(0, 40).Select(n => shop.Answer(challenge, n % 2 == 0 ? wrong : "0000-0000-0000-0000"))));
        Assert.Equal(5, refusals.Count(r => r == "code_wrong"));
        Assert.Equal(40, refusals.Count(r => r is "code_wrong" or "challenge_ended" or "codes_too_many"));
        await (await shop.Answer(challenge, anna.RecoveryCodes[0])).Problem(HttpStatusCode.Unauthorized, "challenge_ended");
    }

    [Fact]
    public async Task A_challenge_expires_after_five_minutes()
    {
        var anna = await shop.NewGuardedPerson();
        var (early, late) = (await shop.ChallengeOf(anna.Person), await shop.ChallengeOf(anna.Person));
        shop.Clock.Advance(TimeSpan.FromSeconds(4 * 60 + 50));
        Assert.Equal(HttpStatusCode.Created, (await shop.Answer(early, shop.CodeOf(anna.Secret))).StatusCode);
        shop.Clock.Advance(TimeSpan.FromSeconds(31));
        await (await shop.Answer(late, shop.CodeOf(anna.Secret))).Problem(HttpStatusCode.Unauthorized, "challenge_ended");
    }

    [Fact]
    public async Task A_challenge_of_the_old_password_is_worth_nothing()
    {
        var anna = await shop.NewGuardedPerson();
        var challenge = await shop.ChallengeOf(anna.Person);
        var changed = await anna.Person.Http.PutAsJsonAsync("/v1/me/password", new { currentPassword = anna.Person.Password, newPassword = "a new and longer password" });
        Assert.Equal(HttpStatusCode.NoContent, changed.StatusCode);
        await (await shop.Answer(challenge, shop.CodeOf(anna.Secret))).Problem(HttpStatusCode.Unauthorized, "challenge_ended");
    }

    [Fact]
    public async Task A_challenge_takes_no_code_of_another_account()
    {
        var (anna, ben) = (await shop.NewGuardedPerson(), await shop.NewGuardedPerson());
        var challenge = await shop.ChallengeOf(ben.Person);
        await (await shop.Answer(challenge, shop.CodeOf(anna.Secret))).Problem(HttpStatusCode.Unauthorized, "code_wrong");
        await (await shop.Answer(challenge, anna.RecoveryCodes[0])).Problem(HttpStatusCode.Unauthorized, "code_wrong");
        Assert.Equal(HttpStatusCode.Created, (await shop.Answer(challenge, ben.RecoveryCodes[0])).StatusCode);
    }

    [Fact]
    public async Task What_was_never_a_challenge_is_refused_and_a_challenge_is_nothing_else()
    {
        var anna = await shop.NewGuardedPerson();
        var (challenge, code) = (await shop.ChallengeOf(anna.Person), shop.CodeOf(anna.Secret));
        foreach (var at in new[] { 0, 5, 25, 60, 100 })
            await (await shop.Answer(challenge[..at] + (challenge[at] == 'A' ? 'B' : 'A') + challenge[(at + 1)..], code)).Problem(HttpStatusCode.Unauthorized, "challenge_ended");
        foreach (var other in new[] { "x", anna.Person.RefreshToken, challenge + "A", challenge[..^1] })
            await (await shop.Answer(other, code)).Problem(HttpStatusCode.Unauthorized, "challenge_ended");
        await (await shop.Refresh(challenge)).Problem(HttpStatusCode.Unauthorized, "refresh_token_invalid");
        await (await shop.Bearing(challenge).GetAsync("/v1/me")).Problem(HttpStatusCode.Unauthorized, "access_token_invalid");
        foreach (var none in new[] { "", " ", new string('1', 65) })
            await (await shop.Answer(challenge, none)).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        Assert.Equal(HttpStatusCode.Created, (await shop.Answer(challenge, code)).StatusCode);
    }
}

/// <summary>A shop where carts can be filled.</summary>
public sealed class AnswerChallengeWithACartTests(CartShop shop) : IClassFixture<CartShop>
{
    [Fact]
    public async Task The_guests_cart_comes_along_when_its_token_is_sent_again()
    {
        var (guest, anna) = (await shop.NewCartAsync((shop.Variants[0], 2)), await shop.NewGuardedPerson());
        var body = await (await shop.Answer(await shop.ChallengeOf(anna.Person), shop.CodeOf(anna.Secret), guest.Token)).Body();
        var copied = await shop.Bearing(body.Text("accessToken")).GetAsync($"/v1/carts/{body.Text("cartId")}");
        Assert.Equal(HttpStatusCode.OK, copied.StatusCode);
        Assert.Equal(1, (await copied.Body()).GetProperty("lines").GetArrayLength());
    }
}
