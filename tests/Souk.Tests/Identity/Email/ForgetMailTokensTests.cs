using Microsoft.Extensions.DependencyInjection;
using Souk.Identity.Email;
using Souk.Platform.Jobs;

namespace Souk.Tests.Identity.Email;

public sealed class ForgetMailTokensTests(MailShop shop) : IClassFixture<MailShop>
{
    [Fact]
    public async Task Tokens_that_ran_out_a_day_ago_are_forgotten_and_no_others()
    {
        var anna = await shop.NewVerified();
        await shop.ResetToken(anna.Email);
        Assert.Equal(2, await Count());
        await Forget(TimeSpan.FromHours(24));
        Assert.Equal(2, await Count());
        await Forget(TimeSpan.FromHours(26));
        Assert.Equal("verify_email", await shop.ScalarAsync<string>("SELECT string_agg(purpose, ' ') FROM identity.mail_tokens"));
        await Forget(TimeSpan.FromHours(49));
        Assert.Equal(0, await Count());
    }

    Task<long> Count() => shop.ScalarAsync<long>("SELECT count(*) FROM identity.mail_tokens");

    async Task Forget(TimeSpan later)
    {
        await using var scope = shop.App.Services.CreateAsyncScope();
        await ForgetMailTokens.RunAsync(new Tick(shop.Clock.GetUtcNow() + later), new JobContext(Guid.NewGuid(), 1, scope.ServiceProvider), CancellationToken.None);
    }
}
