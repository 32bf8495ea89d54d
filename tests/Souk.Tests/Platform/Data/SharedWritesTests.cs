using Microsoft.Extensions.DependencyInjection;
using Souk.Platform.Data;

namespace Souk.Tests.Platform.Data;

public sealed class SharedWritesTests(TestShop shop) : IClassFixture<TestShop>
{
    sealed record Add(Guid Row, int Amount);

    static readonly Guid Customer = Guid.NewGuid();

    /// <summary>The first batch waits here until the test lets it go on, so that what comes meanwhile gathers.</summary>
    readonly TaskCompletionSource gate = new();
    readonly List<int> sizes = [];

    [Fact]
    public async Task Those_that_come_while_others_are_written_share_a_transaction_and_each_gets_its_own_answer()
    {
        var (writes, rows) = await StartAsync(rows: 5);
        var answers = rows.Select((row, i) => writes.RunAsync(new(row, i + 1))).ToList();
        gate.SetResult();
        Assert.Equal([1, 2, 3, 4, 5], (await Task.WhenAll(answers)).Select(a => a.Sum));
        Assert.Equal([1, 4], sizes);
        Assert.Single(answers.Skip(1).Select(a => a.Result.Transaction).Distinct());
    }

    [Fact]
    public async Task Two_of_one_row_follow_each_other()
    {
        var (writes, rows) = await StartAsync(rows: 2);
        var first = writes.RunAsync(new(rows[1], 1));
        var answers = Enumerable.Range(0, 3).Select(_ => writes.RunAsync(new(rows[0], 1))).ToList();
        gate.SetResult();
        Assert.Equal([1, 2, 3], (await Task.WhenAll(answers)).Select(a => a.Sum));
        Assert.Equal(1, (await first).Sum);
        Assert.Equal([1, 1, 1, 1], sizes);
    }

    [Fact]
    public async Task What_is_wrong_with_one_concerns_no_other()
    {
        var (writes, rows) = await StartAsync(rows: 4);
        for (var round = 0; round < 3; round++)
        {
            var answers = rows.Select((row, i) => writes.RunAsync(new(row, i == 2 ? -1_000 : 1))).ToList();
            gate.TrySetResult();
            Assert.Equal("not_negative", (await Assert.ThrowsAsync<PostgresException>(() => answers[2])).ConstraintName);
            foreach (var i in new[] { 0, 1, 3 }) Assert.Equal(round + 1, (await answers[i]).Sum);
        }
    }

    [Fact]
    public async Task Who_waits_for_a_lock_of_others_holds_nobody_up_and_is_answered_when_he_has_it()
    {
        var (writes, rows) = await StartAsync(rows: 4);
        await using var connection = await shop.Db.OpenConnectionAsync();
        await using var other = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync("SELECT 1 FROM added WHERE id = $1 FOR UPDATE", [rows[1]], CancellationToken.None);

        var answers = rows.Select(row => writes.RunAsync(new(row, 1))).ToList();
        gate.SetResult();
        foreach (var i in new[] { 0, 2, 3 }) Assert.Equal(1, (await answers[i]).Sum);
        Assert.False(answers[1].IsCompleted);
        await other.RollbackAsync();
        Assert.Equal(1, (await answers[1]).Sum);
    }

    [Fact]
    public async Task A_connection_that_is_lost_is_told_to_all_who_shared_it_and_the_next_go_on()
    {
        var (writes, rows) = await StartAsync(rows: 3);
        var first = writes.RunAsync(new(rows[0], 1));
        gate.SetResult();
        await first;
        await using var connection = await shop.Db.OpenConnectionAsync();
        await using (var other = await connection.BeginTransactionAsync())
        {
            await connection.ExecuteAsync("SELECT 1 FROM added WHERE id = $1 FOR UPDATE", [rows[1]], CancellationToken.None);
            var lost = writes.RunAsync(new(rows[1], 1));
            while (await shop.Db.ExecuteAsync("""
                UPDATE added SET sum = sum WHERE id = $1 AND (SELECT bool_or(pg_terminate_backend(pid)) FROM pg_stat_activity
                    WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%shared_writes%')
                """, [rows[2]], CancellationToken.None) == 0) { }
            await Assert.ThrowsAnyAsync<NpgsqlException>(() => lost);
            await other.RollbackAsync();
        }
        Assert.Equal([2, 1, 1], (await Task.WhenAll(rows.Select(row => writes.RunAsync(new(row, 1))))).Select(a => a.Sum));
    }

    async Task<(SharedWrites<Add, (int Sum, long Transaction)> Writes, Guid[] Rows)> StartAsync(int rows)
    {
        await shop.Db.ExecuteAsync("CREATE TABLE IF NOT EXISTS added (id uuid PRIMARY KEY, sum int NOT NULL CONSTRAINT not_negative CHECK (sum >= 0))", [], CancellationToken.None);
        Guid[] ids = [.. Enumerable.Range(0, rows).Select(_ => Guid.NewGuid()).Order()];
        await shop.Db.ExecuteAsync("INSERT INTO added SELECT id, 0 FROM unnest($1::uuid[]) AS id", [ids], CancellationToken.None);
        return (new(shop.App.Services.GetRequiredService<BatchDatabase>(), shop.Db, WriteAsync, static add => (Customer, add.Row)), ids);

        async Task<IReadOnlyList<(int, long)>> WriteAsync(NpgsqlBatch batch, IReadOnlyList<Add> adds)
        {
            lock (sizes) sizes.Add(adds.Count);
            await gate.Task;
            batch.Add("SELECT id FROM added WHERE id = ANY($1) ORDER BY id FOR UPDATE /* shared_writes */", adds.Select(a => a.Row).ToArray())
                .Add("UPDATE added SET sum = sum + w.amount FROM unnest($1::uuid[], $2::int[]) AS w (row, amount) WHERE id = w.row RETURNING id, sum, pg_current_xact_id()::text::bigint",
                    adds.Select(a => a.Row).ToArray(), adds.Select(a => a.Amount).ToArray());
            var done = (await batch.QueryLastAsync(1, static row => (Id: row.GetGuid(0), Sum: row.GetInt32(1), Transaction: row.GetInt64(2)))).ToDictionary(row => row.Id);
            return [.. adds.Select(a => (done[a.Row].Sum, done[a.Row].Transaction))];
        }
    }
}
