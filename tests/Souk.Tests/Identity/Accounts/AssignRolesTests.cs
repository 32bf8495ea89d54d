using System.Net;

namespace Souk.Tests.Identity.Accounts;

public sealed class AssignRolesTests(TestShop shop) : IClassFixture<TestShop>
{
    [Fact]
    public async Task A_role_serves_from_the_next_refresh_and_losing_it_ends_every_session()
    {
        var (staff, anna) = (await shop.NewStaff(), await shop.NewPerson());

        var given = await staff.Http.PutRoles(anna.Id, 1, "staff");
        Assert.Equal((HttpStatusCode.OK, "\"2\"", "staff"), (given.StatusCode, given.Headers.ETag?.Tag, (await given.Body()).GetProperty("roles")[0].GetString()));
        var refreshed = await (await shop.Refresh(anna.RefreshToken)).Body();
        var member = shop.Bearing(refreshed.Text("accessToken"));
        Assert.Equal(HttpStatusCode.OK, (await member.GetAsync("/v1/admin/users")).StatusCode);

        Assert.Equal(HttpStatusCode.OK, (await staff.Http.PutRoles(anna.Id, 2)).StatusCode);
        await (await member.GetAsync("/v1/admin/users")).Problem(HttpStatusCode.Unauthorized, "access_token_invalid");
        await (await shop.Refresh(refreshed.Text("refreshToken"))).Problem(HttpStatusCode.Unauthorized, "refresh_token_invalid");
        await (await (await shop.SignedIn(anna.Email)).Http.GetAsync("/v1/admin/users")).Problem(HttpStatusCode.Forbidden, "not_allowed");
    }

    [Fact]
    public async Task An_account_may_have_several_roles_and_losing_any_ends_every_session()
    {
        var (staff, anna) = (await shop.NewStaff(), await shop.NewPerson());
        var given = await staff.Http.PutRoles(anna.Id, 1, "finance", "support", "finance");
        Assert.Equal(["support", "finance"], (await given.Body()).GetProperty("roles").EnumerateArray().Select(r => r.GetString()));
        var both = await shop.SignedIn(anna.Email);
        foreach (var path in new[] { "/v1/admin/users", "/v1/admin/ledger/accounts" }) Assert.Equal(HttpStatusCode.OK, (await both.Http.GetAsync(path)).StatusCode);
        await (await both.Http.PutRoles(anna.Id, 2, "staff")).Problem(HttpStatusCode.Forbidden, "not_allowed");

        // Gaining one beside them ends nothing; losing one does.
        Assert.Equal(HttpStatusCode.OK, (await staff.Http.PutRoles(anna.Id, 2, "support", "finance", "catalogue")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await both.Http.GetAsync("/v1/admin/users")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await staff.Http.PutRoles(anna.Id, 3, "support", "catalogue")).StatusCode);
        await (await both.Http.GetAsync("/v1/admin/users")).Problem(HttpStatusCode.Unauthorized, "access_token_invalid");
        var problem = await (await (await shop.SignedIn(anna.Email)).Http.GetAsync("/v1/admin/ledger/accounts")).Problem(HttpStatusCode.Forbidden, "not_allowed");
        Assert.Equal("ledger:read", problem.Text("permission"));
    }

    [Fact]
    public async Task A_cookie_has_the_roles_of_its_account()
    {
        var (staff, anna) = (await shop.NewStaff(), await shop.NewPerson());
        await staff.Http.PutRoles(anna.Id, 1, "warehouse");
        using var browser = shop.NewClient();
        browser.DefaultRequestHeaders.Add("Cookie", (await shop.SignIn(anna.Email, mode: "cookie")).SessionCookie());
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/v1/admin/orders")).StatusCode);
        await (await browser.GetAsync("/v1/admin/users")).Problem(HttpStatusCode.Forbidden, "not_allowed");
        await staff.Http.PutRoles(anna.Id, 2, "support");
        await (await browser.GetAsync("/v1/admin/orders")).Problem(HttpStatusCode.Unauthorized, "not_signed_in");
    }

    [Fact]
    public async Task The_same_roles_again_change_nothing()
    {
        var (staff, anna) = (await shop.NewStaff(), await shop.NewPerson());
        Assert.Equal("\"1\"", (await staff.Http.PutRoles(anna.Id, 1)).Headers.ETag?.Tag);
    }

    [Fact]
    public async Task A_change_needs_the_version_it_is_of_and_known_roles()
    {
        var (staff, anna) = (await shop.NewStaff(), await shop.NewPerson());
        await (await staff.Http.PutRoles(anna.Id, 7, "staff")).Problem(HttpStatusCode.PreconditionFailed, "version_mismatch");
        var problem = await (await staff.Http.PutRoles(anna.Id, 1, "staff", "king")).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        Assert.True(problem.GetProperty("errors").TryGetProperty("/roles/1", out _));
        await (await staff.Http.PutRoles("usr_00000000000000000000000000", 1, "staff")).Problem(HttpStatusCode.NotFound, "user_not_found");
    }
}

/// <summary>A shop of its own: the promise is about all staff of a shop.</summary>
public sealed class AssignRolesToTheLastStaffTests(TestShop shop) : IClassFixture<TestShop>
{
    [Fact]
    public async Task The_last_staff_account_keeps_its_role_also_when_two_take_it_from_each_other()
    {
        var (anna, root) = (await shop.NewStaff(), await shop.SignedIn(People.RootEmail));

        // Each with a token of before: whoever comes first ends the other's sessions, or finds the role already gone.
        var answers = await Task.WhenAll(anna.Http.PutRoles(root.Id, 2), root.Http.PutRoles(anna.Id, 2));
        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.OK);

        var winner = answers[0].StatusCode == HttpStatusCode.OK ? anna : root;
        await (await winner.Http.PutRoles(winner.Id, 2)).Problem(HttpStatusCode.Conflict, "last_staff");
        Assert.Equal(HttpStatusCode.OK, (await winner.Http.GetAsync("/v1/admin/users")).StatusCode);
    }
}
