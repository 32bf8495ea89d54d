using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Souk.Ledger.Accounts;
using Souk.Ledger.Transfers;
using Souk.Platform.Data;

namespace Souk.Bench;

/// <summary>
/// The ledger's engine in a process of its own kind: transfers between ten thousand accounts, and from ten thousand to one. The ceiling is the same engine one by
/// one: every transfer a transaction, at the best of several numbers of clients.
/// </summary>
internal static class Ledger
{
    /// <summary>Who ask at once, each for one transfer after the other.</summary>
    const int Askers = 1_024;

    public static readonly string[] Names = ["ledger-spread", "ledger-hot"];

    public static IEnumerable<Scenario> Of(BenchShop shop, BenchSettings settings)
    {
        foreach (var name in Names) yield return new(name, () => MeasureAsync(name, isHot: name == "ledger-hot"));

        async Task<Result> MeasureAsync(string name, bool isHot)
        {
            await using var db = Database.Connect(shop.ConnectionString);
            using var batch = new TransferBatch(new(db), TimeProvider.System, NullLogger<TransferBatch>.Instance);
            var write = new WriteTransfers(batch);
            var accounts = await OpenAsync(db);
            var result = await Result.MeasureAsync(name, shop, settings,
                () => RunAsync(accounts, isHot, Askers, settings.Seconds, write.RunOneAsync),
                async () =>
                {
                    var best = 0.0;
                    foreach (var clients in (int[])[4, 8, 16]) best = Math.Max(best, (await RunAsync(accounts, isHot, clients, Math.Max(2, settings.Seconds / 2), OneAsync)).PerSecond);
                    return best;
                }, "one transaction a transfer, best client count");
            await ProveAsync(shop);
            return result;

            async Task<TransferOutcome> OneAsync(NewTransfer transfer)
            {
                var asked = new Pending<IReadOnlyList<NewTransfer>, IReadOnlyList<TransferOutcome>>([transfer]);
                await batch.RunAsync([asked]);
                return (await asked.Answer)[0];
            }
        }
    }

    static async Task<Guid[]> OpenAsync(NpgsqlDataSource db)
    {
        LedgerAccount[] accounts = [.. Enumerable.Range(0, 10_001).Select(i => new LedgerAccount(AccountPurpose.Revenue, $"bench-{i}", "USD"))];
        var open = new OpenAccounts(db, TimeProvider.System);
        foreach (var some in accounts.Chunk(1_000)) await open.OpenAsync(some, CancellationToken.None);
        await using var analyze = db.CreateCommand("VACUUM ANALYZE ledger.accounts");
        await analyze.ExecuteNonQueryAsync();
        return [.. accounts.Select(a => a.Id)];
    }

    static async Task<Load> RunAsync(Guid[] accounts, bool isHot, int askers, int seconds, Func<NewTransfer, Task<TransferOutcome>> write)
    {
        var (took, errors, clock) = (new List<double>[askers], 0L, Stopwatch.StartNew());
        await Task.WhenAll(Enumerable.Range(0, askers).Select(asker => Task.Run(async () =>
        {
            var (random, mine) = (new Random(asker), took[asker] = []);
            while (clock.Elapsed.TotalSeconds < seconds)
            {
                var from = random.Next(1, accounts.Length);
                var to = isHot ? 0 : 1 + (from + random.Next(1, accounts.Length - 2)) % (accounts.Length - 1);
                if (to == from) continue;
                var began = Stopwatch.GetTimestamp();
                var outcome = await write(new(Guid.CreateVersion7(), accounts[from], accounts[to], random.Next(1, 1_000), "USD", "bench"));
                if (outcome.Result == TransferResult.Ok) mine.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                else Interlocked.Increment(ref errors);
            }
        })));
        var elapsed = clock.Elapsed.TotalSeconds;
        return Load.Of(took.SelectMany(t => t), elapsed, errors);
    }

    /// <summary>A fast wrong answer is none: every counter is the sum of its transfers, and debits are credits.</summary>
    static async Task ProveAsync(BenchShop shop)
    {
        // Over millions of transfers: not under the time that a statement of the shop may take.
        await using var connection = new NpgsqlConnection(shop.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("""
            SELECT (SELECT count(*) FROM ledger.accounts a
                    LEFT JOIN (SELECT debit_account_id AS id, sum(amount) AS sum FROM ledger.transfers WHERE phase IN ('single', 'post') GROUP BY 1) d ON d.id = a.id
                    LEFT JOIN (SELECT credit_account_id AS id, sum(amount) AS sum FROM ledger.transfers WHERE phase IN ('single', 'post') GROUP BY 1) c ON c.id = a.id
                    WHERE a.debits_posted <> coalesce(d.sum, 0) OR a.credits_posted <> coalesce(c.sum, 0)),
                   (SELECT sum(debits_posted) - sum(credits_posted) FROM ledger.accounts)::bigint,
                   (SELECT deadlocks FROM pg_stat_database WHERE datname = current_database())
            """, connection) { CommandTimeout = 600 };
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        if ((reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2)) is var found && found != (0, 0, 0))
            throw new InvalidOperationException($"{found.Item1} accounts are not the sum of their transfers, debits less credits are {found.Item2}, and there were {found.Item3} deadlocks.");
    }
}
