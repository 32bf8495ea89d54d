using System.Text.Json;
using Souk.Platform.SecurityLog;

namespace Souk.Tests.Platform.SecurityLog;

public sealed class SealerTests(TestPostgres postgres)
{
    [Fact]
    public async Task An_entry_is_sealed_as_it_was_written()
    {
        await using var log = await LogDatabase.NewAsync(postgres);
        var written = await log.AppendAsync(await log.EntryAsync(7) with { Address = [1, 2, 3], TraceId = "a trace", Outcome = "refused" });
        await log.SealAllAsync();

        var row = Assert.Single(await log.SealedAsync());
        Assert.Equal((1, written.Id, "roles_changed", "refused", "a trace", written.Actor, written.Target),
            (row.Seq, row.Entry.Id, row.Entry.Act, row.Entry.Outcome, row.Entry.TraceId, row.Entry.Actor, row.Entry.Target));
        Assert.Equal("010203", Convert.ToHexString(row.Entry.Address!));
        Assert.Equal(7, JsonElement.Parse(row.Entry.Details).GetProperty("number").GetInt32());
        Assert.InRange((written.At - row.Entry.At).Duration(), TimeSpan.Zero, TimeSpan.FromMicroseconds(1));
        Assert.Equal(0, await log.Sealer.SealAsync(default));
    }

    [Fact]
    public async Task An_open_transaction_holds_up_nobody_and_its_entry_comes_when_it_is_true()
    {
        await using var log = await LogDatabase.NewAsync(postgres);
        await using var open = await log.Db.OpenConnectionAsync();
        await using var transaction = await open.BeginTransactionAsync();
        var late = await log.EntryAsync(1);
        await open.AppendSecurityEntryAsync(late, default);
        var quick = await log.AppendAsync(await log.EntryAsync(2));
        await log.SealAllAsync();
        Assert.Equal([quick.Id], (await log.SealedAsync()).Select(s => s.Entry.Id));

        await transaction.CommitAsync();
        var last = await log.AppendAsync(await log.EntryAsync(3));
        await log.SealAllAsync();
        Assert.Equal([(1, quick.Id), (2, late.Id), (3, last.Id)], (await log.SealedAsync()).Select(s => (s.Seq, s.Entry.Id)));
        Assert.Null((await log.VerifyAsync()).Break);
    }

    [Fact]
    public async Task An_act_that_is_rolled_back_leaves_no_entry()
    {
        await using var log = await LogDatabase.NewAsync(postgres);
        await using (var connection = await log.Db.OpenConnectionAsync())
        await using (await connection.BeginTransactionAsync())
            await connection.AppendSecurityEntryAsync(await log.EntryAsync(), default);
        await using (var connection = await log.Db.OpenConnectionAsync())
        {
            await using var batch = connection.CreateBatch().AddSecurityEntry(await log.EntryAsync());
            batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT 1 / 0"));
            await Assert.ThrowsAsync<PostgresException>(() => batch.ExecuteNonQueryAsync());
        }
        var done = await log.AppendAsync(await log.EntryAsync());
        await log.SealAllAsync();
        Assert.Equal([done.Id], (await log.SealedAsync()).Select(s => s.Entry.Id));
    }

    /// <summary>Writers that commit and roll back at once, some slowly, while three sealers take turns.</summary>
    [Fact]
    public async Task Many_writers_and_several_sealers_make_one_chain_without_gaps_in_which_each_writer_finds_its_order()
    {
        const int writers = 8, each = 40;
        await using var log = await LogDatabase.NewAsync(postgres);
        using var stop = new CancellationTokenSource();
        var sealing = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            for (var sealer = log.NewSealer(); !stop.IsCancellationRequested;) await sealer.SealAsync(default);
        })).ToList();
        var accounts = Enumerable.Range(0, writers).Select(_ => Guid.CreateVersion7()).ToList();
        await Task.WhenAll(accounts.Select(account => Task.Run(async () =>
        {
            for (var number = 1; number <= each; number++)
            {
                await using var connection = await log.Db.OpenConnectionAsync();
                await using var transaction = await connection.BeginTransactionAsync();
                await connection.AppendSecurityEntryAsync(await log.EntryAsync(number, account: account), default);
                if (number % 5 == 0) continue;
                if (number % 3 == 0) await connection.AppendSecurityEntryAsync(await log.EntryAsync(number, account: account), default);
                await transaction.CommitAsync();
            }
        })));
        await stop.CancelAsync();
        await Task.WhenAll(sealing);
        await log.SealAllAsync();

        var kept = Enumerable.Range(1, each).Where(n => n % 5 != 0).SelectMany(n => Enumerable.Repeat(n, n % 3 == 0 ? 2 : 1)).ToList();
        var rows = await log.SealedAsync();
        Assert.Equal(Enumerable.Range(1, writers * kept.Count).Select(n => (long)n), rows.Select(s => s.Seq));
        foreach (var account in accounts)
            Assert.Equal(kept, rows.Where(s => s.Entry.Actor.Id == account).Select(s => JsonElement.Parse(s.Entry.Details).GetProperty("number").GetInt32()));
        var verdict = await log.VerifyAsync();
        Assert.Equal((rows.Count, null, 0), (verdict.Entries, verdict.Break, verdict.Waiting));
    }

    [Fact]
    public async Task A_sealer_that_dies_in_the_middle_of_its_step_leaves_all_of_it_to_the_next()
    {
        await using var log = await LogDatabase.NewAsync(postgres);
        await log.FillAsync(3);
        for (var i = 0; i < 5; i++) await log.AppendAsync(await log.EntryAsync(i));
        await using (var dying = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(log.ConnectionString) { Pooling = false }.ConnectionString))
        {
            await dying.OpenAsync();
            await using var step = new NpgsqlCommand("""
                BEGIN; SELECT seq FROM platform.security_head FOR NO KEY UPDATE;
                INSERT INTO platform.security_log SELECT 4, id, at, act, outcome, actor_kind, actor_id, target_kind, target_id, address, details, trace_id,
                    1, '\x00000000', decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex') FROM platform.security_unsealed ORDER BY n LIMIT 1;
                DELETE FROM platform.security_unsealed; UPDATE platform.security_head SET seq = 4;
                """, dying);
            await step.ExecuteNonQueryAsync();
            Assert.Equal(0, await log.Sealer.SealAsync(default));
            await log.ExecuteAsync($"SELECT pg_terminate_backend({dying.ProcessID}, 5000)");
        }
        Assert.Equal(5, await log.Sealer.SealAsync(default));
        Assert.Equal((8, null), ((await log.VerifyAsync()).Entries, (await log.VerifyAsync()).Break));
    }

    [Fact]
    public async Task More_than_one_step_takes_is_sealed_step_by_step()
    {
        await using var log = await LogDatabase.NewAsync(postgres);
        await using (var connection = await log.Db.OpenConnectionAsync())
        {
            await using var batch = connection.CreateBatch();
            for (var i = 0; i < Sealer.RowsMax + 3; i++) batch.AddSecurityEntry(await log.EntryAsync(i));
            await batch.ExecuteNonQueryAsync();
        }
        Assert.Equal(Sealer.RowsMax, await log.Sealer.SealAsync(default));
        Assert.Equal(3, await log.Sealer.SealAsync(default));
        Assert.Equal(Sealer.RowsMax + 3, (await log.VerifyAsync()).Entries);
    }
}
