using Microsoft.Extensions.DependencyInjection;
using Souk.Ledger.Accounts;
using Souk.Ledger.Transfers;
using Asked = Souk.Platform.Data.Pending<System.Collections.Generic.IReadOnlyList<Souk.Ledger.Transfers.NewTransfer>, System.Collections.Generic.IReadOnlyList<Souk.Ledger.Transfers.TransferOutcome>>;

namespace Souk.Tests.Ledger.Transfers;

/// <summary>The engine against a real database: together, at once, cut off, held up.</summary>
public sealed class TransferBatchTests(LedgerShop shop) : IClassFixture<LedgerShop>
{
    TransferBatch Batch => shop.App.Services.GetRequiredService<TransferBatch>();

    [Fact]
    public async Task Two_hundred_who_spend_at_once_spend_what_there_is()
    {
        var (wallet, house) = (await shop.NewAccountAsync(AccountLimit.Credits, credit: 50), await shop.NewAccountAsync());
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => shop.Write.RunOneAsync(LedgerShop.NewTransfer(wallet, house, 1))));
        Assert.Equal((50, 150), (outcomes.Count(o => o.Result == TransferResult.Ok), outcomes.Count(o => o.Result == TransferResult.ExceedsCredits)));
        Assert.Equal((0L, 50L, 0L, 50L), await shop.CountersAsync(wallet));
        await shop.ProveBooksAsync();
    }

    [Fact]
    public async Task Two_engines_that_move_money_to_and_fro_lose_nothing_and_never_lock_each_other_out()
    {
        var accounts = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => shop.NewAccountAsync(AccountLimit.Credits, credit: 100)));
        using var other = new TransferBatch(new(shop.Db), shop.Clock, shop.App.Services.GetRequiredService<Microsoft.Extensions.Logging.ILogger<TransferBatch>>());
        WriteTransfers[] nodes = [shop.Write, new(other)];
        var random = new Random(7);
        var transfers = Enumerable.Range(0, 600).Select(_ => (From: random.Next(6), By: random.Next(1, 6), Amount: random.Next(1, 60))).ToList();
        // Every transfer is asked for at both.
        var outcomes = await Task.WhenAll(transfers.SelectMany(t =>
        {
            var wanted = LedgerShop.NewTransfer(accounts[t.From], accounts[(t.From + t.By) % 6], t.Amount);
            return nodes.Select(node => node.RunOneAsync(wanted));
        }));
        foreach (var twice in outcomes.Chunk(2)) Assert.True(twice.Count(o => o.Result == TransferResult.Ok) <= 1);
        var sums = await Task.WhenAll(accounts.Select(shop.CountersAsync));
        Assert.Equal(600, sums.Sum(s => s.Item4 - s.Item2));
        Assert.Equal(0L, await shop.ScalarAsync<long>("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"));
        await shop.ProveBooksAsync();
    }

    [Fact]
    public async Task Asked_for_again_it_is_there_and_with_other_words_it_is_another()
    {
        var (from, to) = (await shop.NewAccountAsync(), await shop.NewAccountAsync());
        var wanted = LedgerShop.NewTransfer(from, to, 10) with { Reference = Guid.NewGuid() };
        Assert.Equal(["Ok", "Exists", "ExistsWithDifferentAmount", "ExistsWithDifferentReference"],
            [await SayAsync(wanted), await SayAsync(wanted), await SayAsync(wanted with { Amount = 11 }), await SayAsync(wanted with { Reference = null })]);
        Assert.Equal((0L, 10L, 0L, 0L), await shop.CountersAsync(from));
        // Many at once under one id move once.
        var hot = LedgerShop.NewTransfer(from, to, 5);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => shop.Write.RunOneAsync(hot)));
        Assert.Single(outcomes, o => o.Result == TransferResult.Ok);
        Assert.All(outcomes, o => Assert.True(o.IsThere));
    }

    [Fact]
    public async Task A_refusal_is_forgotten_unless_it_was_asked_to_be_kept()
    {
        var (wallet, house) = (await shop.NewAccountAsync(AccountLimit.Credits), await shop.NewAccountAsync());
        var (forgotten, kept) = (LedgerShop.NewTransfer(wallet, house, 10), LedgerShop.NewTransfer(wallet, house, 10) with { KeepsRefusal = true });
        Assert.Equal(["ExceedsCredits", "ExceedsCredits"], [await SayAsync(forgotten), await SayAsync(kept)]);
        await shop.Write.RunOneAsync(LedgerShop.NewTransfer(house, wallet, 100));
        Assert.Equal(["Ok", "IdAlreadyFailed"], [await SayAsync(forgotten), await SayAsync(kept)]);
    }

    [Fact]
    public async Task A_pending_transfer_ends_once_however_many_try()
    {
        var (wallet, house) = (await shop.NewAccountAsync(AccountLimit.Credits, credit: 100), await shop.NewAccountAsync());
        for (var round = 0; round < 5; round++)
        {
            var pending = LedgerShop.NewTransfer(wallet, house, 20) with { Phase = TransferPhase.Pending };
            Assert.Equal("Ok", await SayAsync(pending));
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(i =>
                shop.Write.RunOneAsync(NewTransfer.Ending(Guid.NewGuid(), pending.Id, i % 2 == 0 ? TransferPhase.Post : TransferPhase.Void, i % 2 == 0 ? 15 : null))));
            Assert.Single(outcomes, o => o.Result == TransferResult.Ok);
        }
        var (pendings, spent, _, had) = await shop.CountersAsync(wallet);
        Assert.True(pendings == 0 && spent % 15 == 0 && spent <= had);
        await shop.ProveBooksAsync();
    }

    [Fact]
    public async Task A_chain_is_written_whole_or_not_at_all()
    {
        var (wallet, house, fee) = (await shop.NewAccountAsync(AccountLimit.Credits, credit: 100), await shop.NewAccountAsync(), await shop.NewAccountAsync());
        NewTransfer[] chain = [LedgerShop.NewTransfer(wallet, house, 90) with { IsLinked = true }, LedgerShop.NewTransfer(wallet, fee, 11)];
        Assert.Equal("LinkedEventFailed ExceedsCredits", await SayAsync(chain));
        Assert.Equal((0L, 0L, 0L, 100L), await shop.CountersAsync(wallet));
        chain[1] = chain[1] with { Amount = 10 };
        Assert.Equal("Ok Ok", await SayAsync(chain));
        Assert.Equal("Exists Exists", await SayAsync(chain));
        Assert.Equal((0L, 100L, 0L, 100L), await shop.CountersAsync(wallet));
    }

    [Fact]
    public async Task One_with_broken_data_fails_alone()
    {
        var (from, to) = (await shop.NewAccountAsync(), await shop.NewAccountAsync());
        List<Asked> asked = [.. Enumerable.Range(0, 9).Select(i => new Asked([LedgerShop.NewTransfer(from, to, 1) with { Code = i == 4 ? "Not a code" : "test" }]))];
        await Batch.RunAsync(asked);
        for (var i = 0; i < asked.Count; i++)
            if (i == 4) Assert.Equal("transfers_code_check", (await Assert.ThrowsAsync<PostgresException>(() => asked[4].Answer)).ConstraintName);
            else Assert.Equal(TransferResult.Ok, (await asked[i].Answer)[0].Result);
        Assert.Equal((0L, 8L, 0L, 0L), await shop.CountersAsync(from));
    }

    [Fact]
    public async Task What_others_hold_stops_only_those_who_need_it()
    {
        var (held, free, house) = (await shop.NewAccountAsync(), await shop.NewAccountAsync(), await shop.NewAccountAsync());
        var pending = LedgerShop.NewTransfer(held, free, 5) with { Phase = TransferPhase.Pending };
        Assert.Equal("Ok", await SayAsync(pending));
        await using var connection = await shop.Db.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await LockAsync(connection, held);

        List<Asked> asked = [new([LedgerShop.NewTransfer(held, house, 1)]), new([NewTransfer.Ending(Guid.NewGuid(), pending.Id, TransferPhase.Post)]),
            .. Enumerable.Range(0, 20).Select(_ => new Asked([LedgerShop.NewTransfer(free, house, 1)]))];
        _ = Batch.RunAsync(asked);
        await Task.WhenAll(asked.Skip(2).Select(a => a.Answer));
        Assert.False(asked[0].Answer.IsCompleted || asked[1].Answer.IsCompleted);
        await transaction.CommitAsync();
        Assert.Equal(TransferResult.Ok, (await asked[0].Answer)[0].Result);
        Assert.Equal(TransferResult.Ok, (await asked[1].Answer)[0].Result);
        Assert.Equal((0L, 6L, 0L, 0L), await shop.CountersAsync(held));
    }

    [Fact]
    public async Task A_connection_that_is_cut_loses_and_doubles_nothing()
    {
        var (wallet, house) = (await shop.NewAccountAsync(AccountLimit.Credits, credit: 300), await shop.NewAccountAsync());
        using var stop = new CancellationTokenSource();
        // Whatever the engine is doing when its connection goes.
        var cutting = Task.Run(async () =>
        {
            var cut = 0L;
            while (!stop.IsCancellationRequested)
                cut += await shop.ScalarAsync<long>("""
                    SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity
                    WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%ledger.%' AND (state <> 'idle' OR random() < 0.02)
                    """);
            return cut;
        });
        var (ok, unknown) = (0, new List<NewTransfer>());
        var wanted = Enumerable.Range(0, 400).Select(_ => LedgerShop.NewTransfer(wallet, house, 1)).ToList();
        foreach (var together in wanted.Chunk(20))
        {
            var answers = together.Select(t => shop.Write.RunOneAsync(t)).ToList();
            for (var i = 0; i < answers.Count; i++)
            {
                try { ok += (await answers[i]).IsThere ? 1 : 0; }
                catch (NpgsqlException) { unknown.Add(together[i]); }
            }
        }
        await stop.CancelAsync();
        await Answers.Eventually(async () => { try { return await cutting >= 0; } catch (NpgsqlException) { return true; } }, "the cutting ends");
        foreach (var transfer in unknown) ok += (await shop.Write.RunOneAsync(transfer)).IsThere ? 1 : 0;
        Assert.Equal(300, ok);
        Assert.Equal((0L, 300L, 0L, 300L), await shop.CountersAsync(wallet));
        await shop.ProveBooksAsync();
    }

    [Fact]
    public async Task More_than_may_wait_are_told_so()
    {
        var (held, house) = (await shop.NewAccountAsync(), await shop.NewAccountAsync());
        await using var connection = await shop.Db.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await LockAsync(connection, held);
        using var batch = new TransferBatch(new(shop.Db), shop.Clock, shop.App.Services.GetRequiredService<Microsoft.Extensions.Logging.ILogger<TransferBatch>>());
        var write = new WriteTransfers(batch);
        var first = write.RunOneAsync(LedgerShop.NewTransfer(held, house, 1));
        var waiting = Enumerable.Range(0, WriteTransfers.WaitingMax).Select(_ => write.RunOneAsync(LedgerShop.NewTransfer(house, held, 1))).ToList();
        await Assert.ThrowsAsync<Souk.Contracts.LedgerBusyException>(() => write.RunOneAsync(LedgerShop.NewTransfer(house, held, 1)));
        await transaction.CommitAsync();
        Assert.Equal(TransferResult.Ok, (await first).Result);
        Assert.All(await Task.WhenAll(waiting), o => Assert.Equal(TransferResult.Ok, o.Result));
    }

    static async Task LockAsync(NpgsqlConnection connection, Guid account)
    {
        await using var command = new NpgsqlCommand("SELECT 1 FROM ledger.accounts WHERE id = $1 FOR UPDATE", connection) { Parameters = { new() { Value = account } } };
        await command.ExecuteNonQueryAsync();
    }

    async Task<string> SayAsync(params NewTransfer[] request) => string.Join(' ', (await shop.Write.RunAsync(request)).Select(o => o.Result));
}
