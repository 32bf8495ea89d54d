using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Souk.Contracts;
using Souk.Platform.Data;
using Souk.Platform.SecurityLog;
using Souk.Tests.Platform.SecurityLog;

namespace Souk.Tests.Identity;

/// <summary>What people do with their accounts stands in the security log, as it was and without what they keep to themselves.</summary>
public sealed class LoggedActsTests(TestShop shop) : IClassFixture<TestShop>
{
    const string Registered = "registered done account", SignedIn = "sign_in done account", Refused = "sign_in_refused refused nobody";

    [Fact]
    public async Task Registration_sign_in_and_sign_out_are_noted()
    {
        var anna = await shop.NewPerson();
        (await shop.SignIn(anna.Email, mode: "cookie")).Dispose();
        (await anna.Http.DeleteAsync("/v1/sessions/current")).Dispose();
        // Ended twice, noted once: the second ends nothing.
        (await anna.Http.DeleteAsync("/v1/sessions/current")).Dispose();

        var entries = await shop.LoggedOfAsync(anna);
        Assert.Equal([Registered, SignedIn, SignedIn, "signed_out done account"], entries.Select(e => e.InWords()));
        Assert.All(entries, e => Assert.Equal((anna.AccountId(), true, true), (e.Actor.Id, e.Address is not null, e.TraceId is not null)));
        Assert.Equal((SecurityId.Account, anna.AccountId()), (entries[0].Target!.Value.Prefix, entries[0].Target!.Value.Value));
        Assert.Equal(entries[1].Target, entries[3].Target);
        Assert.Equal(SecurityId.Session, entries[1].Target!.Value.Prefix);
        Assert.Equal([false, true], entries[1..3].Select(e => Details(e).GetProperty("cookie").GetBoolean()));
    }

    [Fact]
    public async Task A_refused_sign_in_is_noted_with_the_account_it_was_for_and_of_an_unknown_email_nothing_is_told()
    {
        var anna = await shop.NewPerson();
        (await shop.SignIn(anna.Email, "not the password")).Dispose();
        var known = (await shop.LoggedOfAsync(anna))[^1];
        Assert.Equal((Refused, anna.AccountId(), true), (known.InWords(), known.Target!.Value.Value, known.Address is not null));

        using var answer = await shop.SignIn(People.NewEmail());
        var traceId = (await answer.Body()).Text("traceId");
        var unknown = Assert.Single(await shop.LoggedAsync(), e => e.TraceId == traceId);
        Assert.Equal((Refused, null, null, "{}"), (unknown.InWords(), unknown.Target, unknown.Address, unknown.Details));
    }

    [Fact]
    public async Task A_changed_password_is_noted_and_so_is_a_try_with_the_wrong_one()
    {
        var anna = await shop.NewPerson();
        foreach (var current in new[] { "not the password", People.Password })
            (await anna.Http.PutAsJsonAsync("/v1/me/password", new { currentPassword = current, newPassword = "another correct horse" })).Dispose();
        Assert.Equal([Registered, SignedIn, "password_changed refused account", "password_changed done account"], (await shop.LoggedOfAsync(anna)).Select(e => e.InWords()));
    }

    [Fact]
    public async Task Roles_are_noted_as_they_were_and_are_with_who_gave_them()
    {
        var (staff, anna) = (await shop.NewStaff(), await shop.NewPerson());
        (await staff.Http.PutRoles(anna.Id, 1, "staff")).EnsureSuccessStatusCode();
        (await staff.Http.PutRoles(anna.Id, 2, "staff")).EnsureSuccessStatusCode();
        (await staff.Http.PutRoles(anna.Id, 2)).EnsureSuccessStatusCode();
        // The same roles again change nothing, and somebody else's version is refused before anything changes.
        (await staff.Http.PutRoles(anna.Id, 1)).Dispose();

        var changes = (await shop.LoggedOfAsync(anna)).Where(e => e.Act == "roles_changed").ToList();
        Assert.Equal(["""{"staff": {"after": true, "before": false}}""", """{"staff": {"after": false, "before": true}}"""], changes.Select(e => e.Details));
        Assert.All(changes, e => Assert.Equal(staff.AccountId(), e.Actor.Id));
    }

    [Fact]
    public async Task A_spent_refresh_token_that_comes_again_is_noted_with_the_session_that_it_ended()
    {
        var anna = await shop.NewPerson();
        (await shop.Refresh(anna.RefreshToken)).EnsureSuccessStatusCode();
        (await shop.Refresh(anna.RefreshToken)).Dispose();
        (await shop.Refresh(anna.RefreshToken)).Dispose();

        var entries = await shop.LoggedOfAsync(anna);
        Assert.Equal([Registered, SignedIn, "refresh_token_reused refused nobody"], entries.Select(e => e.InWords()));
        Assert.Equal(entries[1].Target?.ToString(), Details(entries[2]).Text("session"));
    }

    [Fact]
    public async Task Of_many_registrations_with_one_email_the_one_that_was_is_noted()
    {
        var email = People.NewEmail();
        var before = (await shop.LoggedAsync()).Count(e => e.Act == "registered");
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => shop.Register(new { email, password = People.Password })));
        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.Created);
        var person = await shop.SignedIn(email);
        Assert.Single(await shop.LoggedOfAsync(person), e => e.Act == "registered");
        Assert.InRange((await shop.LoggedAsync()).Count(e => e.Act == "registered") - before, 1, int.MaxValue);
    }

    [Fact]
    public async Task The_first_staff_account_is_noted_as_made_by_the_system()
    {
        await shop.NewStaff();
        Assert.Null(await shop.App.Services.GetRequiredService<IIdentity>().EnsureFirstStaffAsync("second@example.com", default));
        var made = Assert.Single(await shop.LoggedAsync(), e => e.Act == "first_staff_made");
        Assert.Equal(("first_staff_made done system", null, null), (made.InWords(), made.Address, made.TraceId));
    }

    /// <summary>Everything that passes by on the way, in its spelling and in the bytes that a page of the disk would hold.</summary>
    [Fact]
    public async Task No_email_password_token_or_address_stands_in_it()
    {
        var (email, unknown, password, wrong) = ("planted.logged@example.com", "planted.unknown@example.com", "planted correct horse", "planted wrong horse");
        await shop.Register(new { email, password, name = "Plantagenet" });
        var anna = await shop.SignedIn(email, password);
        var next = (await (await shop.Refresh(anna.RefreshToken)).Body()).Text("refreshToken");
        (await shop.Refresh(anna.RefreshToken)).Dispose();
        using var cookie = await shop.SignIn(email, password, "cookie");
        var set = cookie.SessionCookie().Split('=')[1];
        (await shop.SignIn(email, wrong)).Dispose();
        (await shop.SignIn(unknown, wrong)).Dispose();
        var again = await shop.SignedIn(email, password);
        (await again.Http.PutAsJsonAsync("/v1/me/password", new { currentPassword = password, newPassword = password + " again" })).EnsureSuccessStatusCode();
        await shop.EventuallySealed();

        var dump = string.Join('\n', await shop.Db.QueryAsync("SELECT l::text FROM platform.security_log l", static row => row.GetString(0), [], default));
        Assert.Contains("password_changed", dump, StringComparison.Ordinal);
        foreach (var planted in new[] { "planted", "Plantagenet", "example.com", "horse", anna.RefreshToken, anna.AccessToken, next, set, "127.0.0.1" })
        {
            Assert.DoesNotContain(planted, dump, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(Convert.ToHexString(Encoding.UTF8.GetBytes(planted)), dump, StringComparison.OrdinalIgnoreCase);
        }
    }

    static JsonElement Details(SecurityEntry entry) => JsonElement.Parse(entry.Details);
}
