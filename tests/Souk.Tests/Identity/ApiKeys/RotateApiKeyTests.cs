using System.Net;
using System.Net.Http.Json;

namespace Souk.Tests.Identity.ApiKeys;

public sealed class RotateApiKeyTests(TestShop shop) : IClassFixture<TestShop>
{
    static async Task Serves(Machine machine) => Assert.Equal(HttpStatusCode.OK, (await machine.Http.GetAsync("/v1/admin/orders")).StatusCode);

    static async Task IsRefused(Machine machine) => await (await machine.Http.GetAsync("/v1/admin/orders")).Problem(HttpStatusCode.Unauthorized, "api_key_invalid");

    [Fact]
    public async Task Both_secrets_serve_during_the_overlap_and_afterwards_the_new_one_alone()
    {
        var staff = (await shop.NewStaff()).Http;
        var old = await shop.NewMachine(staff, "orders:read");
        await Serves(old);
        var renewed = await shop.Rotated(staff, old, overlapHours: null);
        Assert.NotEqual(old.Key, renewed.Key);

        await Serves(old);
        await Serves(renewed);
        var until = (await (await staff.GetAsync(old.Path)).Body()).GetProperty("previousUntil").GetDateTimeOffset();
        Assert.Equal(24, (until - shop.Clock.GetUtcNow()).TotalHours, tolerance: 0.1);
        shop.Clock.Advance(TimeSpan.FromHours(23.5));
        await Serves(old);
        shop.Clock.Advance(TimeSpan.FromHours(0.6));
        await IsRefused(old);
        await Serves(renewed);
        var later = (await shop.SignedIn(People.RootEmail)).Http;
        Assert.False((await (await later.GetAsync(old.Path)).Body()).TryGetProperty("previousUntil", out _));
    }

    [Fact]
    public async Task Without_an_overlap_the_old_secret_is_refused_at_once()
    {
        var staff = (await shop.NewStaff()).Http;
        var leaked = await shop.NewMachine(staff, "orders:read");
        await Serves(leaked);
        var renewed = await shop.Rotated(staff, leaked, overlapHours: 0);
        await IsRefused(leaked);
        await Serves(renewed);
    }

    /// <summary>The answer to the first rotation was lost: nobody has its secret, and the machines still use the one before.</summary>
    [Fact]
    public async Task Rotated_again_before_anybody_used_the_new_secret_the_one_in_use_serves_on()
    {
        var staff = (await shop.NewStaff()).Http;
        var used = await shop.NewMachine(staff, "orders:read");
        var lost = await shop.Rotated(staff, used, overlapHours: 2);
        var found = await shop.Rotated(staff, used, overlapHours: 2);
        await Serves(used);
        await Serves(found);
        await IsRefused(lost);
    }

    [Fact]
    public async Task Rotated_again_once_the_new_secret_is_in_use_the_oldest_goes()
    {
        var staff = (await shop.NewStaff()).Http;
        var first = await shop.NewMachine(staff, "orders:read");
        var second = await shop.Rotated(staff, first, overlapHours: 2);
        await Serves(second);
        var third = await shop.Rotated(staff, first, overlapHours: 2);
        await IsRefused(first);
        await Serves(second);
        await Serves(third);
    }

    [Fact]
    public async Task A_secret_that_was_never_used_has_its_overlap_too()
    {
        var staff = (await shop.NewStaff()).Http;
        var handedOut = await shop.NewMachine(staff, "orders:read");
        await shop.Rotated(staff, handedOut, overlapHours: 2);
        await Serves(handedOut);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(169)]
    public async Task An_overlap_is_a_week_at_most(int hours)
    {
        var staff = (await shop.NewStaff()).Http;
        var machine = await shop.NewMachine(staff, "orders:read");
        var problem = await (await staff.PostAsJsonAsync($"{machine.Path}/rotations", new { overlapHours = hours })).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        Assert.True(problem.GetProperty("errors").TryGetProperty("/overlapHours", out _));
    }

    [Fact]
    public async Task What_has_ended_is_not_rotated_and_what_never_was_is_not_found()
    {
        var staff = (await shop.NewStaff()).Http;
        var machine = await shop.NewMachine(staff, "orders:read");
        await staff.DeleteAsync(machine.Path);
        await (await staff.PostAsync($"{machine.Path}/rotations", null)).Problem(HttpStatusCode.Conflict, "api_key_ended");
        await (await staff.PostAsync($"{Machines.Path}/key_00000000000000000000000000/rotations", null)).Problem(HttpStatusCode.NotFound, "api_key_not_found");
    }
}
