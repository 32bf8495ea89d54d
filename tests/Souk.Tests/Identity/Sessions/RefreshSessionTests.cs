using System.Net;

namespace Souk.Tests.Identity.Sessions;

public sealed class RefreshSessionTests(TestShop shop) : IClassFixture<TestShop>
{
    const int Rounds = 200;

    static string NewKey() => Guid.NewGuid().ToString();

    async Task<bool> IsAlive(string refreshToken) => (await shop.Refresh(refreshToken)).StatusCode == HttpStatusCode.OK;

    [Fact]
    public async Task A_refresh_answers_what_a_sign_in_does_and_spends_the_token()
    {
        var anna = await shop.NewPerson();
        var answer = await shop.Refresh(anna.RefreshToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var body = await answer.Body();
        Assert.Equal(("Bearer", 600, anna.Id), (body.Text("tokenType"), body.GetProperty("expiresIn").GetInt32(), body.GetProperty("user").Text("id")));
        Assert.NotEqual(anna.RefreshToken, body.Text("refreshToken"));
        Assert.Equal(HttpStatusCode.OK, (await shop.Bearing(body.Text("accessToken")).GetAsync("/v1/me")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await shop.Refresh(body.Text("refreshToken"))).StatusCode);
    }

    [Fact]
    public async Task A_lost_answer_is_fetched_again_with_the_same_key_until_its_token_is_used()
    {
        var (anna, key) = (await shop.NewPerson(), NewKey());
        var first = await (await shop.Refresh(anna.RefreshToken, key)).Body();

        var again = await shop.Refresh(anna.RefreshToken, key);
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        Assert.Equal("true", again.Headers.GetValues("Idempotent-Replayed").Single());
        Assert.Equal(first.Text("refreshToken"), (await again.Body()).Text("refreshToken"));
        Assert.Equal(HttpStatusCode.OK, (await shop.Bearing((await again.Body()).Text("accessToken")).GetAsync("/v1/me")).StatusCode);

        var second = await (await shop.Refresh(first.Text("refreshToken"))).Body();
        await (await shop.Refresh(anna.RefreshToken, key)).Problem(HttpStatusCode.Unauthorized, "refresh_token_reused");
        await (await shop.Refresh(second.Text("refreshToken"))).Problem(HttpStatusCode.Unauthorized, "refresh_token_invalid");
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Any_other_use_of_a_spent_token_ends_the_session(bool firstHasKey, bool secondHasKey)
    {
        var anna = await shop.NewPerson();
        var next = await (await shop.Refresh(anna.RefreshToken, firstHasKey ? NewKey() : null)).Body();

        await (await shop.Refresh(anna.RefreshToken, secondHasKey ? NewKey() : null)).Problem(HttpStatusCode.Unauthorized, "refresh_token_reused");

        await (await shop.Refresh(next.Text("refreshToken"))).Problem(HttpStatusCode.Unauthorized, "refresh_token_invalid");
        await (await shop.Bearing(next.Text("accessToken")).GetAsync("/v1/me")).Problem(HttpStatusCode.Unauthorized, "access_token_invalid");
        Assert.True(await IsAlive((await shop.SignedIn(anna.Email)).RefreshToken));
    }

    [Fact]
    public async Task Two_at_once_never_leave_two_living_tokens()
    {
        var anna = await shop.NewPerson();
        for (var round = 0; round < Rounds; round++)
        {
            var (token, key) = (anna.RefreshToken, round % 2 == 0 ? null : NewKey());
            var answers = await Task.WhenAll(shop.Refresh(token, key), shop.Refresh(token, key is null ? null : NewKey()));

            var granted = answers.Where(a => a.StatusCode == HttpStatusCode.OK).ToList();
            Assert.Single(granted);
            // The second told us that a copy is about: the one living token is dead too.
            Assert.False(await IsAlive((await granted[0].Body()).Text("refreshToken")));
            anna = round == Rounds - 1 ? anna : await NewSession(anna);
        }
    }

    [Fact]
    public async Task Two_at_once_with_one_key_get_the_same_token_and_it_lives()
    {
        var anna = await shop.NewPerson();
        var token = anna.RefreshToken;
        for (var round = 0; round < Rounds; round++)
        {
            var key = NewKey();
            var answers = await Task.WhenAll(shop.Refresh(token, key), shop.Refresh(token, key));

            Assert.All(answers, a => Assert.Equal(HttpStatusCode.OK, a.StatusCode));
            var next = (await Task.WhenAll(answers.Select(a => a.Body()))).Select(b => b.Text("refreshToken")).ToList();
            Assert.Equal(next[0], next[1]);
            token = next[0];
        }
    }

    [Fact]
    public async Task What_was_never_ours_is_refused_and_ends_nothing()
    {
        var anna = await shop.NewPerson();
        string[] flipped = [Flip(anna.RefreshToken, 5), Flip(anna.RefreshToken, 25), Flip(anna.RefreshToken, 60), Flip(anna.RefreshToken, 100)];
        foreach (var forged in flipped.Concat(["x", new string('A', anna.RefreshToken.Length), anna.RefreshToken + "A", anna.AccessToken]))
            await (await shop.Refresh(forged)).Problem(HttpStatusCode.Unauthorized, "refresh_token_invalid");
        await (await shop.Refresh("")).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        await (await shop.Refresh(anna.RefreshToken, "short")).Problem(HttpStatusCode.BadRequest, "idempotency_key_invalid");
        Assert.True(await IsAlive(anna.RefreshToken));
    }

    static string Flip(string token, int at) => token[..at] + (token[at] == 'A' ? 'B' : 'A') + token[(at + 1)..];

    /// <summary>Signing in is the dear part of two hundred rounds; a session made in the database is as good.</summary>
    async Task<Person> NewSession(Person person)
    {
        await using var command = shop.Db.CreateCommand("UPDATE identity.sessions SET revoked_at = NULL, revoked_because = NULL, secret_hash = $2 WHERE account_id = $1");
        Assert.True(Souk.Platform.Ids.Id<Souk.Contracts.AccountKind>.TryRead(person.Id, out var id));
        var tokens = (Souk.Identity.Sessions.SessionTokens)shop.App.Services.GetService(typeof(Souk.Identity.Sessions.SessionTokens))!;
        var fresh = Souk.Identity.Sessions.SessionTokens.New(id.Value, tokens.Read(person.RefreshToken, "token")!.SessionId);
        command.Parameters.AddWithValue(id.Value);
        command.Parameters.AddWithValue(fresh.Hash());
        Assert.Equal(1, await command.ExecuteNonQueryAsync());
        return person with { RefreshToken = tokens.Write(fresh, "token") };
    }
}

/// <summary>A shop of its own: its clock is moved on by months.</summary>
public sealed class RefreshSessionInTimeTests(TestShop shop) : IClassFixture<TestShop>
{
    [Fact]
    public async Task A_session_ends_when_it_rests_for_thirty_days_and_in_any_case_after_ninety()
    {
        var (resting, busy) = (await shop.NewPerson(), await shop.NewPerson());
        var token = busy.RefreshToken;
        for (var days = 0; days < 80; days += 20)
        {
            shop.Clock.Advance(TimeSpan.FromDays(20));
            var answer = await shop.Refresh(token);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            token = (await answer.Body()).Text("refreshToken");
        }
        await (await shop.Refresh(resting.RefreshToken)).Problem(HttpStatusCode.Unauthorized, "refresh_token_invalid");

        shop.Clock.Advance(TimeSpan.FromDays(11));
        await (await shop.Refresh(token)).Problem(HttpStatusCode.Unauthorized, "refresh_token_invalid");
    }
}
