using Souk.Platform.Cache;
using Souk.Platform.Data;

namespace Souk.Tests.Platform.Cache;

public sealed class RememberedReadsTests(TestShop shop) : IClassFixture<TestShop>
{
    const string Read = "SELECT k, v FROM remembered WHERE k = ANY($1)";

    [Fact]
    public async Task A_row_is_read_once_and_anew_after_it_is_forgotten()
    {
        var rows = await RowsAsync();
        Assert.Equal([(1, 10), (2, 20)], await Find(rows, 1, 2, 3));
        await RunAsync("UPDATE remembered SET v = v + 1");
        Assert.Equal([(1, 10), (2, 20)], await Find(rows, 1, 2));

        rows.Forget(v => v == 10);
        Assert.Equal([(1, 11), (2, 20)], await Find(rows, 1, 2));
        rows.Forget();
        Assert.Equal([(1, 11), (2, 21)], await Find(rows, 1, 2));
    }

    [Fact]
    public async Task What_was_read_before_a_change_and_arrives_after_it_is_not_kept()
    {
        await RowsAsync();
        // The statement sees the rows as they were when it began, and then waits.
        var rows = new RememberedReads<int, int>(new(shop.Db, "WITH waited AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(20261129)) SELECT k, v FROM waited, remembered WHERE k = ANY($1)",
            static row => new(row.GetInt32(0), row.GetInt32(1))), 100);
        Task<List<(int, int)>> reading;
        await using (var connection = await shop.Db.OpenConnectionAsync())
        {
            await connection.ExecuteAsync("SELECT pg_advisory_lock(20261129)", [], CancellationToken.None);
            reading = Find(rows, 1);
            await Answers.Eventually(async () => await connection.QueryFirstAsync("SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = 20261129)",
                static row => row.GetBoolean(0), [], CancellationToken.None), "the statement waits");
            await connection.ExecuteAsync("UPDATE remembered SET v = 99 WHERE k = 1", [], CancellationToken.None);
            rows.Forget();
            await connection.ExecuteAsync("SELECT pg_advisory_unlock(20261129)", [], CancellationToken.None);
        }
        Assert.Equal([(1, 10)], await reading);
        Assert.Equal([(1, 99)], await Find(rows, 1));
    }

    [Fact]
    public async Task More_rows_than_it_may_keep_are_dropped_and_read_again()
    {
        var rows = await RowsAsync(rowsMax: 2);
        Assert.Equal([(1, 10), (2, 20)], await Find(rows, 1, 2));
        await RunAsync("UPDATE remembered SET v = v + 1");
        Assert.Equal([(1, 11)], await Find(rows, 1));
    }

    async Task<RememberedReads<int, int>> RowsAsync(int rowsMax = 100)
    {
        await RunAsync("CREATE TABLE IF NOT EXISTS remembered (k int PRIMARY KEY, v int); DELETE FROM remembered; INSERT INTO remembered VALUES (1, 10), (2, 20)");
        return new(new(shop.Db, Read, static row => new(row.GetInt32(0), row.GetInt32(1))), rowsMax);
    }

    static async Task<List<(int, int)>> Find(RememberedReads<int, int> rows, params int[] keys) =>
        [.. (await rows.FindAsync(keys, CancellationToken.None)).Select(r => (r.Key, r.Value)).Order()];

    async Task RunAsync(string sql)
    {
        await using var command = shop.Db.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
