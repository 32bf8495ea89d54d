using System.Net;
using System.Net.Http.Json;
using Souk.Tests.Identity.SecondFactors;

namespace Souk.Tests.Identity.Sessions;

public sealed class StepUpTests(TestShop shop) : IClassFixture<TestShop>
{
    static readonly TimeSpan Recent = TimeSpan.FromMinutes(15);

    static Task<HttpResponseMessage> Remove(Person person) => person.Http.DeleteAsync(Authenticators.Totp);

    static async Task<string[]> Methods(HttpResponseMessage refused) =>
        [.. (await refused.Problem(HttpStatusCode.Forbidden, "step_up_required")).GetProperty("methods").EnumerateArray().Select(m => m.GetString()!)];

    /// <summary>The same person a while later, with an access token of then.</summary>
    async Task<Person> Later(Person person)
    {
        shop.Clock.Advance(Recent);
        return await shop.Refreshed(person);
    }

    [Fact]
    public async Task An_old_session_may_do_what_is_dangerous_once_it_has_shown_the_password()
    {
        var anna = await Later(await shop.NewPerson());
        Assert.Equal(["password"], await Methods(await Remove(anna)));

        await (await anna.StepUp(new { currentPassword = "not my password" })).Problem(HttpStatusCode.Forbidden, "password_wrong");
        await (await anna.StepUp(new { code = "123456" })).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        Assert.Equal(["password"], await Methods(await Remove(anna)));

        Assert.Equal(HttpStatusCode.NoContent, (await anna.StepUp(new { currentPassword = anna.Password })).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await Remove(anna)).StatusCode);
        Assert.Equal(["password"], await Methods(await Remove(await Later(anna))));
    }

    [Fact]
    public async Task Whoever_has_a_second_factor_shows_that_and_not_the_password()
    {
        var guarded = await shop.NewGuardedPerson();
        var anna = await Later(guarded.Person);
        Assert.Equal(["totp", "recovery_code"], await Methods(await Remove(anna)));

        await (await anna.StepUp(new { currentPassword = anna.Password })).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        await (await anna.StepUp(new { code = shop.WrongCodeOf(guarded.Secret) })).Problem(HttpStatusCode.Forbidden, "code_wrong");
        await Methods(await Remove(anna));

        shop.NextStep();
        var code = shop.CodeOf(guarded.Secret);
        Assert.Equal(HttpStatusCode.NoContent, (await anna.StepUp(new { code })).StatusCode);
        await (await anna.StepUp(new { code })).Problem(HttpStatusCode.Forbidden, "code_wrong");
        Assert.Equal(HttpStatusCode.NoContent, (await Remove(anna)).StatusCode);
    }

    [Fact]
    public async Task A_recovery_code_steps_up_once()
    {
        var guarded = await shop.NewGuardedPerson();
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => guarded.Person.StepUp(new { code = guarded.RecoveryCodes[0] })));
        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.NoContent);
        Assert.Equal(9, (await guarded.Person.SecondFactors()).GetProperty("recoveryCodesLeft").GetInt32());
    }

    [Fact]
    public async Task A_step_up_is_of_one_session()
    {
        var (here, elsewhere) = (await shop.NewPerson(), (Person?)null);
        elsewhere = await shop.SignedIn(here.Email);
        here = await Later(here);
        elsewhere = await shop.Refreshed(elsewhere);
        Assert.Equal(HttpStatusCode.NoContent, (await here.StepUp(new { currentPassword = here.Password })).StatusCode);
        await Methods(await Remove(elsewhere));
    }

    /// <summary>However recent: the password alone began it.</summary>
    [Fact]
    public async Task A_session_of_before_the_second_factor_does_not_remove_it()
    {
        var anna = await shop.NewPerson();
        var elsewhere = await shop.SignedIn(anna.Email);
        var guarded = await shop.Guard(anna);
        Assert.Equal(["totp", "recovery_code"], await Methods(await Remove(elsewhere)));
        Assert.Equal(HttpStatusCode.NoContent, (await elsewhere.StepUp(new { code = shop.CodeOf(guarded.Secret) })).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await Remove(elsewhere)).StatusCode);
    }

    [Fact]
    public async Task Roles_are_given_by_staff_who_signed_in_of_late()
    {
        var (staff, anna) = (await shop.NewStaff(), await shop.NewPerson());
        staff = await Later(staff);
        Assert.Equal(["password"], await Methods(await staff.Http.PutRoles(anna.Id, 1, "staff")));
        Assert.Equal(HttpStatusCode.NoContent, (await staff.StepUp(new { currentPassword = staff.Password })).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await staff.Http.PutRoles(anna.Id, 1, "staff")).StatusCode);
    }

    [Fact]
    public async Task Visitors_have_nothing_to_step_up() =>
        await (await shop.Http.PostAsJsonAsync("/v1/me/step-up", new { currentPassword = "x" })).Problem(HttpStatusCode.Unauthorized, "not_signed_in");
}
