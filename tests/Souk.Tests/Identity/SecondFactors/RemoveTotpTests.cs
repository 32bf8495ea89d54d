using System.Net;
using System.Net.Http.Json;

namespace Souk.Tests.Identity.SecondFactors;

public sealed class RemoveTotpTests(TestShop shop) : IClassFixture<TestShop>
{
    [Fact]
    public async Task The_password_alone_signs_in_again_and_no_old_code_is_left()
    {
        var guarded = await shop.NewGuardedPerson();
        var anna = guarded.Person;
        Assert.Equal(HttpStatusCode.NoContent, (await anna.Http.DeleteAsync(Authenticators.Totp)).StatusCode);

        Assert.Equal("""{"recoveryCodesLeft":0}""", (await anna.SecondFactors()).ToString());
        Assert.Equal(HttpStatusCode.Created, (await shop.SignIn(anna.Email)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await anna.Http.DeleteAsync(Authenticators.Totp)).StatusCode);

        // Set up again it has another secret and other codes.
        await shop.Guard(anna);
        var challenge = await shop.ChallengeOf(anna);
        await (await shop.Answer(challenge, guarded.RecoveryCodes[0])).Problem(HttpStatusCode.Unauthorized, "code_wrong");
        await (await shop.Answer(challenge, shop.CodeOf(guarded.Secret))).Problem(HttpStatusCode.Unauthorized, "code_wrong");
    }

    [Fact]
    public async Task A_challenge_of_before_is_worth_nothing()
    {
        var guarded = await shop.NewGuardedPerson();
        var challenge = await shop.ChallengeOf(guarded.Person);
        await guarded.Person.Http.DeleteAsync(Authenticators.Totp);
        foreach (var code in new[] { shop.CodeOf(guarded.Secret), guarded.RecoveryCodes[0] })
            await (await shop.Answer(challenge, code)).Problem(HttpStatusCode.Unauthorized, "code_wrong");
    }

    [Fact]
    public async Task What_was_only_begun_can_be_removed_too()
    {
        var anna = await shop.NewPerson();
        var secret = await anna.BeginTotp();
        Assert.Equal(HttpStatusCode.NoContent, (await anna.Http.DeleteAsync(Authenticators.Totp)).StatusCode);
        await (await anna.Http.PostAsJsonAsync(Authenticators.Confirmation, new { code = shop.CodeOf(secret) })).Problem(HttpStatusCode.Conflict, "second_factor_missing");
    }
}
