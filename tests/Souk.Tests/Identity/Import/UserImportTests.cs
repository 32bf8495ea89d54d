using System.Net;
using System.Text;
using Souk.Identity.Import;

namespace Souk.Tests.Identity.Import;

public sealed class UserImportTests(TestShop shop) : IClassFixture<TestShop>
{
    const string Hash = "pbkdf2_sha256$10000$seasalt$CWWFdHOWwPnki7HvkcqN9iA2T3KLW1cf2uZ5kvArtVY=", Password = "lètmein";

    Task<UserImportReport> Run(params string[] lines) =>
        UserImport.RunAsync(shop.App.Services, new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', lines))), null, CancellationToken.None);

    [Fact]
    public async Task Everybody_keeps_their_password_and_a_second_run_changes_nothing()
    {
        var (email, other) = (People.NewEmail(), People.NewEmail());
        string[] lines = [$$"""{"email":" {{email}} ","name":"Anna Müller","locale":"de-AT","passwordHash":"{{Hash}}"}""", "", $$"""{"email":"{{other}}","passwordHash":"{{Hash}}"}"""];

        Assert.Equivalent(new UserImportReport(2, 0, [], 0), await Run(lines));
        Assert.Equivalent(new UserImportReport(0, 2, [], 0), await Run(lines));

        var anna = await shop.SignedIn(email, Password);
        var user = await (await anna.Http.GetAsync("/v1/me")).Body();
        Assert.Equal((email, "Anna Müller", "de-AT"), (user.Text("email"), user.Text("name"), user.Text("locale")));
        Assert.Equal(HttpStatusCode.Created, (await shop.SignIn(other, Password)).StatusCode);
        // Signed in meanwhile: the hash is ours now, and the import leaves it.
        Assert.Equivalent(new UserImportReport(0, 2, [], 0), await Run(lines));
        Assert.Equal(HttpStatusCode.Created, (await shop.SignIn(other, Password)).StatusCode);
    }

    [Fact]
    public async Task An_account_that_is_there_keeps_its_password()
    {
        var anna = await shop.NewPerson();
        Assert.Equivalent(new UserImportReport(0, 1, [], 0), await Run($$"""{"email":"{{anna.Email.ToUpperInvariant()}}","name":"Somebody","passwordHash":"{{Hash}}"}"""));
        Assert.Equal(HttpStatusCode.Created, (await shop.SignIn(anna.Email)).StatusCode);
        await (await shop.SignIn(anna.Email, Password)).Problem(HttpStatusCode.Unauthorized, "credentials_wrong");
    }

    [Fact]
    public async Task What_is_refused_is_told_by_its_line_and_says_nothing_of_the_person()
    {
        var email = People.NewEmail();
        var report = await Run(
            "planted",
            """{"email":"planted"}""",
            """{"email":"planted@example.com","passwordHash":""}""",
            """{"email":"planted@example.com","passwordHash":"5f4dcc3b5aa765d61d8327deb882cf99"}""",
            """{"email":"planted@example.com","passwordHash":"$2a$15$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"}""",
            $$"""{"email":"planted@example.com","locale":"planted_planted","passwordHash":"{{Hash}}"}""",
            $$"""{"email":"planted@example.com","planted":1,"passwordHash":"{{Hash}}"}""",
            $$"""{"email":"{{email}}","passwordHash":"{{Hash}}"}""",
            "null",
            "[]");

        Assert.Equal((1, 0, 9), (report.Added, report.Existing, report.RefusedTotal));
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 9, 10], report.Refused.Select(r => r.Line));
        Assert.All(report.Refused, r => Assert.DoesNotContain("planted", r.Reason, StringComparison.OrdinalIgnoreCase));
        Assert.Contains("@", report.Refused[1].Reason, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Created, (await shop.SignIn(email, Password)).StatusCode);
    }
}
