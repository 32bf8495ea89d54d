using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Souk.Contracts;

namespace Souk.Tests.Identity.Accounts;

public sealed class ChangePasswordTests(TestShop shop) : IClassFixture<TestShop>
{
    const string New = "a new and longer password";

    static Task<HttpResponseMessage> Change(Person person, string current, string changed) =>
        person.Http.PutAsJsonAsync("/v1/me/password", new { currentPassword = current, newPassword = changed });

    [Fact]
    public async Task The_new_password_counts_and_every_other_session_ends()
    {
        var here = await shop.NewPerson();
        var elsewhere = await shop.SignedIn(here.Email);

        Assert.Equal(HttpStatusCode.NoContent, (await Change(here, People.Password, New)).StatusCode);

        await (await elsewhere.Http.GetAsync("/v1/me")).Problem(HttpStatusCode.Unauthorized, "access_token_invalid");
        await (await shop.Refresh(elsewhere.RefreshToken)).Problem(HttpStatusCode.Unauthorized, "refresh_token_invalid");
        Assert.Equal(HttpStatusCode.OK, (await here.Http.GetAsync("/v1/me")).StatusCode);
        await (await shop.SignIn(here.Email)).Problem(HttpStatusCode.Unauthorized, "credentials_wrong");
        Assert.Equal(HttpStatusCode.Created, (await shop.SignIn(here.Email, New)).StatusCode);
    }

    [Fact]
    public async Task A_one_time_password_serves_until_it_is_changed()
    {
        var first = await shop.App.Services.GetRequiredService<IIdentity>().EnsureFirstStaffAsync("first@example.com", CancellationToken.None);
        var staff = await shop.SignedIn("first@example.com", first!.OneTimePassword);
        Assert.True((await (await staff.Http.GetAsync("/v1/me")).Body()).GetProperty("passwordChangeRequired").GetBoolean());

        Assert.Equal(HttpStatusCode.NoContent, (await Change(staff, first.OneTimePassword, New)).StatusCode);

        Assert.False((await (await staff.Http.GetAsync("/v1/me")).Body()).TryGetProperty("passwordChangeRequired", out _));
        await (await shop.SignIn("first@example.com", first.OneTimePassword)).Problem(HttpStatusCode.Unauthorized, "credentials_wrong");
    }

    [Fact]
    public async Task A_wrong_current_password_changes_nothing()
    {
        var anna = await shop.NewPerson();
        await (await Change(anna, "not my password", New)).Problem(HttpStatusCode.Forbidden, "password_wrong");
        Assert.Equal(HttpStatusCode.Created, (await shop.SignIn(anna.Email)).StatusCode);
    }

    [Fact]
    public async Task A_weak_or_unchanged_new_password_is_refused()
    {
        var anna = await shop.NewPerson();
        await (await Change(anna, People.Password, "short")).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        await (await Change(anna, People.Password, People.Password)).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        foreach (var weak in new[] { "qwertyuiop", anna.Email })
        {
            var problem = await (await Change(anna, People.Password, weak)).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
            Assert.True(problem.GetProperty("errors").TryGetProperty("/newPassword", out _));
        }
    }

    /// <summary>The password is being changed, not yet committed, when the old one is found right: the sign-in waits and then fails.</summary>
    [Fact]
    public async Task No_session_of_the_old_password_begins_while_it_is_changed()
    {
        var anna = await shop.NewPerson();
        Assert.True(Souk.Platform.Ids.Id<AccountKind>.TryRead(anna.Id, out var id));
        await using var connection = await shop.Db.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var change = new NpgsqlCommand("UPDATE identity.accounts SET password_hash = '$argon2id$changed' WHERE id = $1", connection);
        change.Parameters.AddWithValue(id.Value);
        Assert.Equal(1, await change.ExecuteNonQueryAsync());

        var signIn = shop.SignIn(anna.Email);
        await Answers.Eventually(async () => signIn.IsCompleted || await Waiting() > 0, "the sign-in waits for the account");
        await transaction.CommitAsync();

        await (await signIn).Problem(HttpStatusCode.Unauthorized, "credentials_wrong");
    }

    async Task<long> Waiting()
    {
        await using var command = shop.Db.CreateCommand("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
