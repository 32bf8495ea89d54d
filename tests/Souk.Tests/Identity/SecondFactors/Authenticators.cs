using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Souk.Contracts;

namespace Souk.Tests.Identity.SecondFactors;

/// <summary>Someone whose account has an active authenticator; <paramref name="Secret"/> is what is in it.</summary>
public sealed record Guarded(Person Person, byte[] Secret, IReadOnlyList<string> RecoveryCodes);

/// <summary>Second factors for tests, set up over HTTP as anyone would.</summary>
public static class Authenticators
{
    public const string Totp = "/v1/me/second-factors/totp", Confirmation = "/v1/me/second-factors/totp/confirmation";

    /// <summary>A new customer with an active second factor, at the beginning of a step in which no code of it was used.</summary>
    public static async Task<Guarded> NewGuardedPerson(this TestShop shop)
    {
        var person = await shop.NewPerson();
        return await shop.Guard(person);
    }

    /// <summary>Sets up an authenticator for someone who has none.</summary>
    public static async Task<Guarded> Guard(this TestShop shop, Person person)
    {
        var secret = await person.BeginTotp();
        var confirmed = await person.Http.PostAsJsonAsync(Confirmation, new { code = shop.CodeOf(secret) });
        Assert.Equal(HttpStatusCode.OK, confirmed.StatusCode);
        var codes = (await confirmed.Body()).GetProperty("recoveryCodes").EnumerateArray().Select(c => c.GetString()!).ToList();
        shop.NextStep();
        return new(person, secret, codes);
    }

    public static async Task<byte[]> BeginTotp(this Person person)
    {
        var begun = await person.Http.PostAsJsonAsync(Totp, new { currentPassword = person.Password });
        Assert.Equal(HttpStatusCode.Created, begun.StatusCode);
        return FromBase32((await begun.Body()).Text("secret"));
    }

    /// <summary>What the authenticator shows now, or so many steps from now.</summary>
    public static string CodeOf(this TestShop shop, byte[] secret, int steps = 0) => Souk.Identity.SecondFactors.Totp.CodeAt(secret, StepNow(shop) + steps);

    /// <summary>Six digits that the authenticator shows neither now nor a step from now.</summary>
    public static string WrongCodeOf(this TestShop shop, byte[] secret) => Enumerable.Range(0, 1_000_000).Select(n => n.ToString("D6", System.Globalization.CultureInfo.InvariantCulture))
        .First(code => Enumerable.Range(-2, 5).All(steps => shop.CodeOf(secret, steps) != code));

    /// <summary>Moves the clock just into the next step, so that a step does not end in the middle of a test.</summary>
    public static void NextStep(this TestShop shop)
    {
        var next = DateTimeOffset.FromUnixTimeSeconds((StepNow(shop) + 1) * Souk.Identity.SecondFactors.Totp.StepSeconds);
        shop.Clock.Advance(next - shop.Clock.GetUtcNow() + TimeSpan.FromMilliseconds(1));
    }

    static long StepNow(TestShop shop) => Souk.Identity.SecondFactors.Totp.StepAt(shop.Clock.GetUtcNow());

    /// <summary>Signs in with the right password; answers the challenge.</summary>
    public static async Task<string> ChallengeOf(this TestShop shop, Person person, string? mode = null) =>
        (await (await shop.SignIn(person.Email, person.Password, mode)).Problem(HttpStatusCode.Unauthorized, "second_factor_required")).Text("challenge");

    public static Task<HttpResponseMessage> Answer(this TestShop shop, string challenge, string code, string? cartToken = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/sessions/challenges/{challenge}") { Content = JsonContent.Create(new { code }) };
        if (cartToken is not null) request.Headers.Add("Souk-Cart-Token", cartToken);
        return shop.Http.SendAsync(request);
    }

    public static Task<HttpResponseMessage> StepUp(this Person person, object request) => person.Http.PostAsJsonAsync("/v1/me/step-up", request);

    public static async Task<JsonElement> SecondFactors(this Person person) => await (await person.Http.GetAsync("/v1/me/second-factors")).Body();

    /// <summary>The same session with a fresh access token.</summary>
    public static async Task<Person> Refreshed(this TestShop shop, Person person)
    {
        var body = await (await shop.Refresh(person.RefreshToken)).Body();
        return person with { Http = shop.Bearing(body.Text("accessToken")), AccessToken = body.Text("accessToken"), RefreshToken = body.Text("refreshToken") };
    }

    public static async Task<long> SessionsOf(this TestShop shop, Person person)
    {
        await using var command = shop.Db.CreateCommand("SELECT count(*) FROM identity.sessions WHERE account_id = $1");
        command.Parameters.AddWithValue(Souk.Platform.Ids.Id<AccountKind>.TryRead(person.Id, out var id) ? id.Value : throw new InvalidOperationException(person.Id));
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>RFC 4648, by its definition: five bits a character.</summary>
    public static byte[] FromBase32(string text)
    {
        var bits = string.Concat(text.Select(c => Convert.ToString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(c, StringComparison.Ordinal), 2).PadLeft(5, '0')));
        return [.. bits.Chunk(8).Select(eight => Convert.ToByte(new string(eight), 2))];
    }
}
