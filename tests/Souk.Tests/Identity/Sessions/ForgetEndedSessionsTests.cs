using Souk.Identity.Sessions;
using Souk.Platform.Jobs;

namespace Souk.Tests.Identity.Sessions;

public sealed class ForgetEndedSessionsTests(TestShop shop) : IClassFixture<TestShop>
{
    [Fact]
    public async Task Sessions_that_ran_out_are_deleted_and_others_stay()
    {
        var anna = await shop.NewPerson();
        await Run();
        Assert.Equal(1L, await Count());

        shop.Clock.Advance(TimeSpan.FromDays(92));
        await shop.SignedIn(anna.Email);
        await Run();
        await Run();
        Assert.Equal(1L, await Count());
    }

    Task Run() => ForgetEndedSessions.RunAsync(new(shop.Clock.GetUtcNow()), new JobContext(Guid.NewGuid(), 1, shop.App.Services), CancellationToken.None);

    async Task<long> Count()
    {
        await using var command = shop.Db.CreateCommand("SELECT count(*) FROM identity.sessions");
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
