using Souk.Ledger.Accounts;
using Souk.Ledger.Transfers;
using Souk.Platform.Jobs;

namespace Souk.Tests.Ledger.Transfers;

/// <summary>Time passes for the whole shop, so this has one of its own.</summary>
public sealed class ExpireTransfersTests(LedgerShop shop) : IClassFixture<LedgerShop>
{
    [Fact]
    public async Task What_nobody_posted_in_time_goes_back_once()
    {
        var (wallet, house) = (await shop.NewAccountAsync(AccountLimit.Credits, credit: 100), await shop.NewAccountAsync());
        var (due, later, posted) = (Pending(wallet, house, 30, 60), Pending(wallet, house, 10, 3_600), Pending(wallet, house, 5, 60));
        foreach (var transfer in new[] { due, later, posted }) Assert.Equal(TransferResult.Ok, (await shop.Write.RunOneAsync(transfer)).Result);
        await shop.Write.RunOneAsync(NewTransfer.Ending(Guid.NewGuid(), posted.Id, TransferPhase.Post));
        await RunJobAsync();
        Assert.Equal((40L, 5L, 0L, 100L), await shop.CountersAsync(wallet));

        shop.Clock.Advance(TimeSpan.FromSeconds(61));
        // From this instant it is out, though the job has not been there.
        Assert.Equal(TransferResult.PendingTransferExpired, (await shop.Write.RunOneAsync(NewTransfer.Ending(Guid.NewGuid(), due.Id, TransferPhase.Post))).Result);
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => RunJobAsync()));
        Assert.Equal((10L, 5L, 0L, 100L), await shop.CountersAsync(wallet));
        Assert.Equal(1L, await shop.ScalarAsync<long>($"SELECT count(*) FROM ledger.transfers WHERE pending_id = '{due.Id}' AND phase = 'expire' AND amount = 30"));
        Assert.Equal(1L, await shop.ScalarAsync<long>("SELECT count(*) FROM ledger.time_outs"));
        await shop.ProveBooksAsync();
    }

    [Fact]
    public async Task A_time_that_runs_out_while_it_is_posted_ends_it_in_one_way()
    {
        var (wallet, house) = (await shop.NewAccountAsync(AccountLimit.Credits, credit: 1_000), await shop.NewAccountAsync());
        var pendings = Enumerable.Range(0, 40).Select(_ => Pending(wallet, house, 10, 5)).ToList();
        await Task.WhenAll(pendings.Select(p => shop.Write.RunOneAsync(p)));
        var posts = Task.WhenAll(pendings.Select((p, i) => Task.Run(() =>
        {
            if (i == 20) shop.Clock.Advance(TimeSpan.FromSeconds(6));
            return shop.Write.RunOneAsync(NewTransfer.Ending(Guid.NewGuid(), p.Id, TransferPhase.Post));
        })));
        await Task.WhenAll(RunJobAsync(), RunJobAsync());
        var posted = (await posts).Count(o => o.Result == TransferResult.Ok);
        await RunJobAsync();
        Assert.Equal((0L, posted * 10L, 0L, 1_000L), await shop.CountersAsync(wallet));
        Assert.Equal(40L, await shop.ScalarAsync<long>($"SELECT count(*) FROM ledger.transfers WHERE debit_account_id = '{wallet}' AND phase IN ('post', 'expire')"));
        await shop.ProveBooksAsync();
    }

    static NewTransfer Pending(Guid from, Guid to, long amount, int seconds) => LedgerShop.NewTransfer(from, to, amount) with { Phase = TransferPhase.Pending, TimeoutSeconds = seconds };

    Task RunJobAsync() => ExpireTransfers.RunAsync(new(shop.Clock.GetUtcNow()), new JobContext(Guid.NewGuid(), 1, shop.App.Services), CancellationToken.None);
}
