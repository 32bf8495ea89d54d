using System.Net;
using System.Net.Http.Headers;
using Souk.Tests.Ordering;

namespace Souk.Tests.Ledger;

/// <summary>A node is killed with -9 in the middle of many transfers; whoever saw no answer asks another node again, and everything adds up.</summary>
public sealed class KilledWalletsTests(LedgerShop shop) : IClassFixture<LedgerShop>
{
    const int Transfers = 120, TopUps = 20;

    [Fact]
    public async Task No_transfer_is_lost_and_none_is_made_twice()
    {
        var (anna, ben) = (await shop.PersonAsync("anna"), await shop.PersonAsync("ben"));
        var to = await shop.WalletIdAsync(ben);
        await shop.TopUpAsync(anna, 100 * 10);
        await using var node = await HostProcess.StartWithAsync([("SOUK_PAYMENTS__METHODS", "sandbox,wallet")],
            "serve", "--database", shop.ConnectionString, "--keys", shop.KeysFolder, "--port", "auto", "--roles", "web");
        using var doomed = new HttpClient { BaseAddress = node.Address };
        doomed.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", anna.AccessToken);
        var (answered, enough) = (0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

        // More transfers than there is money for, and money that comes in meanwhile.
        List<(string Path, object Body, string Key)> wanted =
            [.. Enumerable.Range(0, Transfers).Select(_ => ("/v1/me/wallet/transfers", (object)new { to, amount = new { amount = 10, currency = "USD" } }, OrderingShop.NewKey())),
                .. Enumerable.Range(0, TopUps).Select(_ => ("/v1/me/wallet/top-ups", (object)new { amount = new { amount = 10, currency = "USD" }, method = "sandbox" }, OrderingShop.NewKey()))];
        var acknowledged = Task.WhenAll(wanted.Select(async ask =>
        {
            try
            {
                using var answer = await shop.PostAsync(ask.Path, ask.Body, ask.Key, doomed);
                if (Interlocked.Increment(ref answered) == 5) enough.TrySetResult();
                return answer.StatusCode;
            }
            catch (HttpRequestException)
            {
                return (HttpStatusCode?)null;
            }
        }));
        await enough.Task.WaitAsync(TimeSpan.FromSeconds(60));
        await node.KillAsync();
        var statuses = await acknowledged;
        await shop.ProveBooksAsync();

        var sent = 0;
        foreach (var ((path, body, key), status) in wanted.Zip(statuses).OrderByDescending(w => w.First.Path, StringComparer.Ordinal))
        {
            using var again = await shop.PostAsync(path, body, key, anna.Http);
            // What was promised is there, whoever is asked.
            if (status == HttpStatusCode.Created) Assert.Equal(HttpStatusCode.Created, again.StatusCode);
            if (path.EndsWith("transfers", StringComparison.Ordinal) && again.StatusCode == HttpStatusCode.Created) sent++;
        }
        var (hers, his) = ((await shop.BalanceAsync(anna)).Available, (await shop.BalanceAsync(ben)).Available);
        Assert.Equal((sent * 10L, (100 + TopUps) * 10L), (his, hers + his));
        Assert.Equal((long)TopUps, await shop.ScalarAsync<long>("SELECT count(*) FROM payments.top_ups WHERE credited_at IS NOT NULL") - 1);
        await shop.ProveBooksAsync();
    }
}
