using Souk.Identity.Sessions;
using Souk.Platform.Jobs;
using Souk.Tests.Identity.SecondFactors;

namespace Souk.Tests.Identity.Sessions;

public sealed class ForgetEndedChallengesTests(TestShop shop) : IClassFixture<TestShop>
{
    [Fact]
    public async Task Challenges_that_have_expired_are_deleted_and_others_stay()
    {
        var anna = await shop.NewGuardedPerson();
        await shop.Answer(await shop.ChallengeOf(anna.Person), shop.CodeOf(anna.Secret));
        await shop.ChallengeOf(anna.Person);
        await Run();
        Assert.Equal(2L, await Count());

        shop.Clock.Advance(TimeSpan.FromMinutes(5));
        await shop.ChallengeOf(anna.Person);
        await Run();
        await Run();
        Assert.Equal(1L, await Count());
    }

    Task Run() => ForgetEndedChallenges.RunAsync(new(shop.Clock.GetUtcNow()), new JobContext(Guid.NewGuid(), 1, shop.App.Services), CancellationToken.None);

    async Task<long> Count()
    {
        await using var command = shop.Db.CreateCommand("SELECT count(*) FROM identity.challenges");
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
