using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Souk.Contracts;
using Souk.Identity.Passwords;

namespace Souk.Tests.Identity.Sessions;

/// <summary>A shop where one password is hashed at a time and two wait.</summary>
public sealed class NarrowShop(TestPostgres postgres) : TestShop(postgres)
{
    protected override void Configure(WebApplicationBuilder builder) =>
        builder.Configuration.AddInMemoryCollection([new("Identity:PasswordsAtOnceMax", "1"), new("Identity:PasswordQueueMax", "2")]);
}

public sealed class SignInTests(NarrowShop shop) : IClassFixture<NarrowShop>
{
    [Fact]
    public async Task Token_mode_answers_tokens_and_the_user()
    {
        var anna = await shop.NewPerson();
        var answer = await shop.SignIn(anna.Email);
        var body = await answer.Body();

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.True(answer.Headers.CacheControl!.NoStore);
        Assert.Equal(("Bearer", 600, anna.Id), (body.Text("tokenType"), body.GetProperty("expiresIn").GetInt32(), body.GetProperty("user").Text("id")));
        Assert.Equal(HttpStatusCode.OK, (await shop.Bearing(body.Text("accessToken")).GetAsync("/v1/me")).StatusCode);
        Assert.False(answer.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task A_wrong_password_and_an_unknown_email_get_the_same_answer()
    {
        var anna = await shop.NewPerson();
        var wrong = await (await shop.SignIn(anna.Email, "not my password")).Problem(HttpStatusCode.Unauthorized, "credentials_wrong");
        var unknown = await (await shop.SignIn(People.NewEmail())).Problem(HttpStatusCode.Unauthorized, "credentials_wrong");
        var impossible = await (await shop.SignIn("no e-mail", new string('x', 5_000))).Problem(HttpStatusCode.Unauthorized, "credentials_wrong");
        Assert.Equal(wrong.Text("detail"), unknown.Text("detail"));
        Assert.Equal(wrong.Text("detail"), impossible.Text("detail"));
    }

    /// <summary>With the pool full, both wait for a hash as anyone else does: neither is answered without the work.</summary>
    [Fact]
    public async Task When_too_many_wait_more_are_refused_at_once_whoever_they_say_they_are()
    {
        var anna = await shop.NewPerson();
        var pool = shop.App.Services.GetRequiredService<PasswordPool>();
        using var open = new ManualResetEventSlim();
        var held = Enumerable.Range(0, 3).Select(_ => pool.RunAsync(() => { open.Wait(); return true; }, CancellationToken.None)).ToList();

        foreach (var email in new[] { anna.Email, People.NewEmail() })
        {
            var refused = await shop.SignIn(email);
            await refused.Problem(HttpStatusCode.ServiceUnavailable, "sign_in_busy");
            Assert.True(refused.Headers.RetryAfter?.Delta > TimeSpan.Zero);
        }
        await (await shop.Register(new { email = People.NewEmail(), password = People.Password })).Problem(HttpStatusCode.ServiceUnavailable, "sign_in_busy");

        open.Set();
        await Task.WhenAll(held);
        Assert.Equal(HttpStatusCode.Created, (await shop.SignIn(anna.Email)).StatusCode);
    }

    [Fact]
    public async Task The_password_counts_in_every_composition_of_its_characters()
    {
        var email = People.NewEmail();
        await shop.Register(new { email, password = "pa\u00dfwort \u00e9t\u00e9" });
        Assert.Equal(HttpStatusCode.Created, (await shop.SignIn(email, "pa\u00dfwort e\u0301te\u0301")).StatusCode);
        await (await shop.SignIn(email, "pa\u00dfwort ete")).Problem(HttpStatusCode.Unauthorized, "credentials_wrong");
    }

    [Fact]
    public async Task A_password_hashed_with_older_parameters_is_hashed_anew_at_sign_in()
    {
        var anna = await shop.NewPerson();
        await SetHash(anna, new PasswordHash(new() { PasswordMemoryKibibytes = 8_192, PasswordPasses = 1 }, NullLogger<PasswordHash>.Instance).Make(People.Password));

        Assert.Equal(HttpStatusCode.Created, (await shop.SignIn(anna.Email)).StatusCode);

        Assert.StartsWith("$argon2id$v=19$m=19456,t=2,p=1$", await Hash(anna), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Created, (await shop.SignIn(anna.Email)).StatusCode);
        Assert.Equal("\"1\"", (await anna.Http.GetAsync("/v1/me")).Headers.ETag?.Tag);
    }

    /// <summary>Everybody who came from another shop signs in with the password they had; one sign-in later the hash is like any other.</summary>
    [Theory]
    [InlineData(People.Password, "$2b$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS")]
    [InlineData("my password", "AQAAAAIAAYagAAAAEAABAgMEBQYHCAkKCwwNDg/Q8A0WMKbtHQJQ2DHCdoEeeFBrgNlldq6vH4qX/CGqGQ==")]
    [InlineData("password", "$pbkdf2-sha256$1212$4vjV83LKPjQzk31VI4E0Vw$hsYF68OiOUPdDZ1Fg.fJPeq1h/gXXY7acBp9/6c.tmQ")]
    [InlineData("lètmein", "pbkdf2_sha256$10000$seasalt$CWWFdHOWwPnki7HvkcqN9iA2T3KLW1cf2uZ5kvArtVY=")]
    public async Task A_password_hashed_by_another_system_serves_and_is_hashed_anew(string password, string hash)
    {
        var anna = await shop.NewPerson();
        await SetHash(anna, hash);

        await (await shop.SignIn(anna.Email, "not my password")).Problem(HttpStatusCode.Unauthorized, "credentials_wrong");
        Assert.Equal(hash, await Hash(anna));
        Assert.Equal(HttpStatusCode.Created, (await shop.SignIn(anna.Email, password)).StatusCode);
        Assert.StartsWith("$argon2id$v=19$m=19456,t=2,p=1$", await Hash(anna), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Created, (await shop.SignIn(anna.Email, password)).StatusCode);
    }

    /// <summary>Of a database that was restored without its pepper: nobody gets in, and nothing breaks.</summary>
    [Fact]
    public async Task A_hash_whose_pepper_is_not_known_is_a_wrong_password()
    {
        var anna = await shop.NewPerson();
        await SetHash(anna, new PasswordHash(new() { PasswordPepper = Convert.ToBase64String(new byte[32]) }, NullLogger<PasswordHash>.Instance).Make(People.Password));
        await (await shop.SignIn(anna.Email)).Problem(HttpStatusCode.Unauthorized, "credentials_wrong");
    }

    [Fact]
    public async Task A_cart_token_that_names_no_cart_keeps_nobody_from_signing_in()
    {
        var anna = await shop.NewPerson();
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/sessions") { Content = JsonContent.Create(new { email = anna.Email, password = People.Password }) };
        request.Headers.Add("Souk-Cart-Token", "nonsense");
        var answer = await shop.Http.SendAsync(request);
        Assert.Equal((HttpStatusCode.Created, false), (answer.StatusCode, (await answer.Body()).TryGetProperty("cartId", out _)));
    }

    [Fact]
    public async Task A_spent_access_token_sent_along_keeps_nobody_from_signing_in()
    {
        var anna = await shop.NewPerson();
        var answer = await shop.Bearing("spent").PostAsJsonAsync("/v1/sessions", new { email = anna.Email, password = People.Password });
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }

    [Fact]
    public async Task What_is_missing_is_told_at_once()
    {
        var problem = await (await shop.Http.PostAsJsonAsync("/v1/sessions", new { mode = "ticket" })).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        Assert.Equal(["/email", "/mode", "/password"], problem.GetProperty("errors").EnumerateObject().Select(e => e.Name).Order(StringComparer.Ordinal));
    }

    async Task<string> Hash(Person person)
    {
        await using var command = shop.Db.CreateCommand("SELECT password_hash FROM identity.accounts WHERE id = $1");
        command.Parameters.AddWithValue(IdOf(person));
        return (string)(await command.ExecuteScalarAsync())!;
    }

    async Task SetHash(Person person, string hash)
    {
        await using var command = shop.Db.CreateCommand("UPDATE identity.accounts SET password_hash = $2 WHERE id = $1");
        command.Parameters.AddWithValue(IdOf(person));
        command.Parameters.AddWithValue(hash);
        Assert.Equal(1, await command.ExecuteNonQueryAsync());
    }

    static Guid IdOf(Person person) => Souk.Platform.Ids.Id<AccountKind>.TryRead(person.Id, out var id) ? id.Value : Guid.Empty;
}
