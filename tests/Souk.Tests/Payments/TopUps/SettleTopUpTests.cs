using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Souk.Host;
using Souk.Payments.Providers;
using Souk.Payments.TopUps;
using Souk.Platform.Jobs;
using Souk.Tests.Identity;
using Souk.Tests.Ledger;
using Souk.Tests.Ordering;

namespace Souk.Tests.Payments.TopUps;

/// <summary>A shop whose providers can be cut off; its jobs run when a test says so.</summary>
public sealed class CutLedgerShop(TestPostgres postgres) : LedgerShop(postgres)
{
    public Cuts Cuts { get; } = new();

    protected override ShopSettings Adjust(ShopSettings settings) => settings with { Roles = ["web"] };

    protected override void Configure(WebApplicationBuilder builder)
    {
        base.Configure(builder);
        builder.Host.ConfigureContainer<IServiceCollection>((_, services) =>
        {
            services.AddKeyedSingleton<IPaymentProvider>(SandboxProvider.Method, (provider, _) =>
                new CutProvider(new SandboxProvider(provider.GetRequiredService<NpgsqlDataSource>(), Clock), Cuts));
            services.AddKeyedSingleton<IPaymentProvider>(WalletProvider.Method, (provider, _) =>
                new CutProvider(new WalletProvider(provider.GetRequiredService<Souk.Contracts.IWallets>()), Cuts));
        });
    }

    /// <summary>Runs every job of this type as a worker would, due or not.</summary>
    internal async Task RunJobsAsync<TArgs>(string type, Func<TArgs, JobContext, CancellationToken, Task> run)
    {
        await using var command = Db.CreateCommand($"SELECT args::text FROM platform.jobs WHERE type = '{type}' ORDER BY id");
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            await run(JsonSerializer.Deserialize<TArgs>(reader.GetString(0), Souk.Platform.Http.Json.Options)!, new JobContext(Guid.NewGuid(), 1, App.Services), CancellationToken.None);
    }
}

public sealed class SettleTopUpTests(CutLedgerShop shop) : IClassFixture<CutLedgerShop>
{
    [Theory]
    [InlineData("before charge", true)]
    [InlineData("after charge", true)]
    [InlineData("before charge", false)]
    [InlineData("after charge", false)]
    public async Task Cut_off_anywhere_it_is_taken_and_credited_once(string point, bool asksAgain)
    {
        var (anna, key) = (await shop.PersonAsync("anna"), OrderingShop.NewKey());
        var before = await shop.BalanceAsync(anna);
        shop.Cuts.At(point);
        using (var answer = await SendAsync(anna, key)) Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Equal(before, await shop.BalanceAsync(anna));
        if (asksAgain)
            using (var again = await SendAsync(anna, key)) Assert.Equal("captured", (await again.Body()).Text("status"));
        for (var i = 0; i < 3; i++) await shop.RunJobsAsync<SettleTopUp.Job>(SettleTopUp.JobType, SettleTopUp.RunAsync);
        Assert.Equal(before.Available + 300, (await shop.BalanceAsync(anna)).Available);
        Assert.Equal(await shop.ScalarAsync<long>("SELECT count(*) FROM payments.top_ups WHERE credited_at IS NOT NULL"),
            await shop.ScalarAsync<long>("SELECT count(*) FROM ledger.transfers WHERE code = 'top_up'"));
        await shop.ProveBooksAsync();
    }

    [Fact]
    public async Task A_credit_whose_note_was_lost_is_not_made_again()
    {
        var anna = await shop.PersonAsync("anna");
        var before = await shop.BalanceAsync(anna);
        await shop.TopUpAsync(anna, 300);
        // As if the process had died between the ledger's commit and the note of it.
        await using (var forget = shop.Db.CreateCommand("UPDATE payments.top_ups SET credited_at = NULL")) await forget.ExecuteNonQueryAsync();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => shop.RunJobsAsync<SettleTopUp.Job>(SettleTopUp.JobType, SettleTopUp.RunAsync)));
        Assert.Equal(before.Available + 300, (await shop.BalanceAsync(anna)).Available);
        Assert.Equal(0L, await shop.ScalarAsync<long>("SELECT count(*) FROM payments.top_ups WHERE status = 'captured' AND credited_at IS NULL"));
    }

    [Fact]
    public async Task A_lost_answer_is_found_out_by_the_job()
    {
        var anna = await shop.PersonAsync("anna");
        var before = await shop.BalanceAsync(anna);
        Assert.Equal("pending", (await shop.TopUpAsync(anna, 300, token: "tok_timeout")).Text("status"));
        await shop.RunJobsAsync<SettleTopUp.Job>(SettleTopUp.JobType, SettleTopUp.RunAsync);
        Assert.Equal(before.Available + 300, (await shop.BalanceAsync(anna)).Available);
    }

    Task<HttpResponseMessage> SendAsync(Person person, string key) =>
        shop.PostAsync("/v1/me/wallet/top-ups", new { amount = new { amount = 300, currency = "USD" }, method = "sandbox" }, key, person.Http);
}
