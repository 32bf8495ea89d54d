using System.Net;
using Souk.Identity.Accounts;
using Souk.Platform.SecurityLog;
using Souk.Tests.Identity.SecondFactors;
using Souk.Tests.Platform.SecurityLog;

namespace Souk.Tests.Identity;

/// <summary>What is done to second factors, sessions and roles stands in the security log, once for each time that it was done.</summary>
public sealed class LoggedFactorsTests(TestShop shop) : IClassFixture<TestShop>
{
    async Task<IReadOnlyList<string>> SinceAsync(Person person, int before) => [.. (await shop.LoggedOfAsync(person)).Skip(before).Select(e => e.InWords())];

    [Fact]
    public async Task A_factor_that_is_added_and_removed_new_codes_and_wrong_ones_are_noted()
    {
        var anna = await shop.NewPerson();
        var before = (await shop.LoggedOfAsync(anna)).Count;
        var guarded = await shop.Guard(anna);
        (await anna.Http.PostAsync("/v1/me/second-factors/recovery-codes", null)).EnsureSuccessStatusCode();
        var challenge = await shop.ChallengeOf(anna);
        await (await shop.Answer(challenge, shop.WrongCodeOf(guarded.Secret))).Problem(HttpStatusCode.Unauthorized, "code_wrong");
        (await anna.Http.DeleteAsync(Authenticators.Totp)).EnsureSuccessStatusCode();
        // Removed twice, noted once.
        (await anna.Http.DeleteAsync(Authenticators.Totp)).EnsureSuccessStatusCode();

        Assert.Equal(["second_factor_added done account", "recovery_codes_renewed done account", "second_factor_refused refused nobody", "second_factor_removed done account"],
            await SinceAsync(anna, before));
    }

    [Fact]
    public async Task Wrong_codes_of_a_challenge_that_has_ended_are_not_noted_any_more()
    {
        var anna = await shop.NewGuardedPerson();
        var (challenge, before) = (await shop.ChallengeOf(anna.Person), (await shop.LoggedOfAsync(anna.Person)).Count);
        for (var i = 0; i < 7; i++) (await shop.Answer(challenge, shop.WrongCodeOf(anna.Secret))).Dispose();
        Assert.Equal(Enumerable.Repeat("second_factor_refused refused nobody", 5), await SinceAsync(anna.Person, before));
    }

    [Fact]
    public async Task Sessions_that_their_owner_ends_are_noted_once()
    {
        var anna = await shop.NewPerson();
        var other = await shop.SignedIn(anna.Email);
        var items = (await (await other.Http.GetAsync("/v1/me/sessions")).Body()).GetProperty("items").EnumerateArray();
        var first = items.Single(s => !s.GetProperty("isCurrent").GetBoolean()).Text("id");
        var before = (await shop.LoggedOfAsync(anna)).Count;
        for (var times = 0; times < 2; times++) Assert.Equal(HttpStatusCode.NoContent, (await other.Http.DeleteAsync($"/v1/me/sessions/{first}")).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await other.Http.DeleteAsync("/v1/me/sessions?except=current")).StatusCode);
        Assert.Equal(["sessions_ended done account"], await SinceAsync(anna, before));

        Assert.Equal(HttpStatusCode.NoContent, (await other.Http.DeleteAsync("/v1/me/sessions")).StatusCode);
        var all = (await shop.LoggedOfAsync(anna))[^1];
        Assert.Equal(("sessions_ended", """{"sparesOwn": false}""", anna.AccountId()), (all.Act, all.Details, all.Target!.Value.Value));
    }

    /// <summary>A new role that the log did not know would be given without a trace.</summary>
    [Fact]
    public async Task Every_role_is_noted_when_it_is_given_and_taken()
    {
        var (staff, anna) = (await shop.NewStaff(), await shop.NewPerson());
        for (var (i, version) = (0, 1); i < Roles.All.Count; i++)
        {
            (await staff.Http.PutRoles(anna.Id, version++, Roles.All[i])).EnsureSuccessStatusCode();
            (await staff.Http.PutRoles(anna.Id, version++)).EnsureSuccessStatusCode();
        }
        var noted = (await shop.LoggedOfAsync(anna)).Where(e => e.Act == SecurityAct.RolesChanged.Code).Select(e => e.Details);
        Assert.Equal(Roles.All.SelectMany(role => new[] { $$$"""{"{{{role}}}": {"after": true, "before": false}}""", $$$"""{"{{{role}}}": {"after": false, "before": true}}""" }), noted);
    }
}
