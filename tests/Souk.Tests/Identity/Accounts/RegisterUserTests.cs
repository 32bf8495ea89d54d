using System.Net;
using System.Text.Json;
using Souk.Identity.Accounts;

namespace Souk.Tests.Identity.Accounts;

public sealed class RegisterUserTests(TestShop shop) : IClassFixture<TestShop>
{
    [Fact]
    public async Task A_new_user_is_shown_as_it_was_given_and_can_sign_in()
    {
        var answer = await shop.Register(new { email = "  Anna.Müller@Example.com ", password = People.Password, name = "Anna Müller", locale = "de-AT" });

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        var user = await answer.Body();
        Assert.StartsWith("usr_", user.Text("id"), StringComparison.Ordinal);
        Assert.Equal(("Anna.Müller@Example.com", "Anna Müller", "de-AT", 1),
            (user.Text("email"), user.Text("name"), user.Text("locale"), user.GetProperty("version").GetInt32()));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", user.Text("createdAt"));
        Assert.False(user.TryGetProperty("passwordChangeRequired", out _));
        Assert.Equal(HttpStatusCode.Created, (await shop.SignIn("anna.mu\u0308ller@EXAMPLE.com")).StatusCode);
    }

    [Theory]
    [InlineData("same@example.com", "SAME@Example.COM")]
    [InlineData("zo\u00eb@example.com", " ZOE\u0308@example.com ")]
    public async Task An_email_has_one_account_in_all_its_spellings(string first, string second)
    {
        Assert.Equal(HttpStatusCode.Created, (await shop.Register(new { email = first, password = People.Password })).StatusCode);
        await (await shop.Register(new { email = second, password = "another password" })).Problem(HttpStatusCode.Conflict, "email_taken");
    }

    [Fact]
    public async Task Of_many_registrations_at_once_with_one_email_one_succeeds()
    {
        var email = People.NewEmail();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => shop.Register(new { email, password = People.Password })));

        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.Created);
        foreach (var refused in answers.Where(a => a.StatusCode != HttpStatusCode.Created)) await refused.Problem(HttpStatusCode.Conflict, "email_taken");
        Assert.Equal(HttpStatusCode.Created, (await shop.SignIn(email)).StatusCode);
    }

    [Fact]
    public async Task Everything_that_is_wrong_is_told_at_once()
    {
        var problem = await (await shop.Register(new { email = "nobody", password = "short", name = " ", locale = "de_AT" }))
            .Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        Assert.Equal(["/email", "/locale", "/name", "/password"], problem.GetProperty("errors").EnumerateObject().Select(e => e.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_password_that_is_guessed_first_is_refused_and_told_what_to_do()
    {
        foreach (var password in new[] { "Password1!", "grete.hansen", "hansen2024" })
        {
            var problem = await (await shop.Register(new { email = "grete.hansen@example.com", password, name = "Grete Hansen" }))
                .Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
            Assert.Equal(problem.Text("detail"), problem.GetProperty("errors").GetProperty("/password")[0].GetString());
            Assert.Contains("Three or four words", problem.Text("detail"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_unknown_member_is_refused_by_name()
    {
        var problem = await (await shop.Register(new { email = People.NewEmail(), password = People.Password, admin = true })).Problem(HttpStatusCode.BadRequest, "unknown_member");
        Assert.True(problem.GetProperty("errors").TryGetProperty("/admin", out _));
    }

    [Theory]
    [InlineData("a@b", true)]
    [InlineData("ü@ö.example", true)]
    [InlineData("a@b@c", false)]
    [InlineData("@b", false)]
    [InlineData("a@", false)]
    [InlineData("a b@c", false)]
    [InlineData("a\u0000@c", false)]
    [InlineData("a\u00a0b@c", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void An_email_has_one_at_sign_and_no_spaces(string? email, bool fine) => Assert.Equal(fine, EmailAddress.Refuse(email) is null);

    [Theory]
    [InlineData(254, true)]
    [InlineData(255, false)]
    public void An_email_has_at_most_254_characters(int length, bool fine) =>
        Assert.Equal(fine, EmailAddress.Refuse(new string('a', length - 2) + "@b") is null);

    [Theory]
    [InlineData("en", true)]
    [InlineData("zh-Hant-TW", true)]
    [InlineData("e", false)]
    [InlineData("en-", false)]
    [InlineData("en_GB", false)]
    [InlineData("en\n", false)]
    [InlineData("", false)]
    [InlineData(null, true)]
    public void A_locale_is_a_language_tag(string? locale, bool fine) => Assert.Equal(fine, ProfileRules.RefuseLocale(locale) is null);

    [Fact]
    public void A_name_has_at_most_200_characters_however_many_bytes_they_take()
    {
        Assert.Null(ProfileRules.RefuseName(string.Concat(Enumerable.Repeat("😀", 200))));
        Assert.NotNull(ProfileRules.RefuseName(new string('x', 201)));
        Assert.NotNull(ProfileRules.RefuseName("a\tb"));
    }

    [Theory]
    [InlineData("""{"email":"a\ud800@c.example","password":"12345678"}""")]
    [InlineData("""{"email":7,"password":"12345678"}""")]
    [InlineData("""[]""")]
    [InlineData("""null""")]
    [InlineData("""{"email":""")]
    public async Task A_body_of_another_shape_is_a_problem_of_the_caller(string body)
    {
        var answer = await shop.Http.PostAsync("/v1/users", new StringContent(body, System.Net.Http.Headers.MediaTypeHeaderValue.Parse("application/json")));
        Assert.InRange((int)answer.StatusCode, 400, 422);
        Assert.Equal(JsonValueKind.String, (await answer.Body()).GetProperty("code").ValueKind);
    }
}
