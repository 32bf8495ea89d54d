using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Souk.Contracts;

namespace Souk.Tests.Identity.Accounts;

public sealed class FirstStaffAccountTests(TestShop shop) : IClassFixture<TestShop>
{
    [Fact]
    public async Task Of_many_processes_that_start_together_one_gets_the_one_time_password()
    {
        var identity = shop.App.Services.GetRequiredService<IIdentity>();
        var taken = await shop.NewPerson();
        await Assert.ThrowsAsync<InvalidOperationException>(() => identity.EnsureFirstStaffAsync(taken.Email, CancellationToken.None));
        await Assert.ThrowsAsync<InvalidOperationException>(() => identity.EnsureFirstStaffAsync("no e-mail", CancellationToken.None));

        var made = await Task.WhenAll(Enumerable.Range(0, 5).Select(i => identity.EnsureFirstStaffAsync($"staff{i % 2}@example.com", CancellationToken.None)));

        var first = Assert.Single(made, m => m is not null)!;
        var staff = await shop.SignedIn(first.Email, first.OneTimePassword);
        Assert.Equal(HttpStatusCode.OK, (await staff.Http.GetAsync("/v1/admin/users")).StatusCode);
        Assert.Null(await identity.EnsureFirstStaffAsync("later@example.com", CancellationToken.None));
    }
}
