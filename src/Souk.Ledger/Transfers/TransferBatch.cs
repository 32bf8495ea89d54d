using System.Data;
using Asked = Souk.Platform.Data.Pending<System.Collections.Generic.IReadOnlyList<Souk.Ledger.Transfers.NewTransfer>, System.Collections.Generic.IReadOnlyList<Souk.Ledger.Transfers.TransferOutcome>>;

namespace Souk.Ledger.Transfers;

/// <summary>
/// Writes the transfers that wait, in one transaction: accounts are locked in order, each transfer is decided in memory in the order it came, rows and
/// counters are written set-wise, and all are answered after the commit (docs/adr/0014-ledger.md).
/// </summary>
/// <remarks>
/// <para>Locks of others are waited for shortly; then requests that need a held account go their own way and the rest go on. A request whose own data fails is
/// found by halving, so that it alone fails.</para>
/// <para>A connection that is lost leaves open whether the commit was made. The batch is then decided again: what was written is found under its ids and moves
/// nothing twice; nobody is answered before.</para>
/// </remarks>
internal sealed class TransferBatch(BatchDatabase db, TimeProvider clock, ILogger<TransferBatch> log) : IDisposable
{
    /// <summary>A rival's id that was not yet committed, a deadlock with a stranger: so often it is tried again.</summary>
    const int TriesMax = 3;

    /// <summary>How often, with a growing pause, a database that went away is asked what it kept.</summary>
    const int LookUpsMax = 5;

    /// <summary>Requests written apart at the same time.</summary>
    internal const int ApartMax = 4;

    readonly SemaphoreSlim apart = new(ApartMax);

    public async Task RunAsync(IReadOnlyList<Asked> asked)
    {
        NpgsqlException? lastLost = null;
        for (var (tries, lookUps, skipLocked) = (1, 1, false); ;)
        {
            try
            {
                // What a lost connection was doing must not go on behind the back of those who are answered by this try.
                if (lastLost is not null) await db.EndAsync(lastLost);
                lastLost = null;
                await WriteAsync(asked, isPatient: asked.Count == 1, skipLocked);
                return;
            }
            catch (PostgresException held) when (held.SqlState == PostgresErrorCodes.LockNotAvailable && asked.Count > 1 && !skipLocked)
            {
                skipLocked = true;
            }
            catch (PostgresException rival) when (tries < TriesMax && (TransferRows.IsRival(rival) || IsConflict(rival)))
            {
                tries++;
            }
            catch (NpgsqlException lost) when (lookUps < LookUpsMax && (lost is not PostgresException || lost.IsShutdown()))
            {
                log.LogWarning("The connection was lost while {Count} requests were written; looking up which of them were: {Reason}", asked.Count, lost.Message);
                await Task.Delay(TimeSpan.FromMilliseconds(100 * lookUps++), clock);
                lastLost ??= lost;
            }
            catch (PostgresException) when (asked.Count > 1)
            {
                await RunAsync([.. asked.Take(asked.Count / 2)]);
                await RunAsync([.. asked.Skip(asked.Count / 2)]);
                return;
            }
            catch (NpgsqlException failure)
            {
                // After a lost connection nobody knows; whoever asks again under the same ids will learn it.
                foreach (var request in asked) request.Fail(failure);
                return;
            }
        }
    }

    async Task WriteAsync(IReadOnlyList<Asked> asked, bool isPatient, bool skipLocked)
    {
        await using var connection = await db.Source.OpenConnectionAsync(CancellationToken.None);
        var process = connection.ProcessID;
        IReadOnlyList<Asked> here;
        LedgerDecision decision;
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            try
            {
                var (facts, held) = await TransferRows.LockAsync(connection, asked.Count == 1 ? asked[0].Item : [.. asked.SelectMany(a => a.Item)], isPatient, skipLocked);
                here = held.Count == 0 ? asked : [.. asked.Where(a => !Needs(a.Item, facts, held))];
                var now = clock.GetUtcNow();
                decision = DecideTransfers.Run(facts, [.. here.Select(a => a.Item)], now);
                await TransferRows.WriteAsync(connection, facts, decision, now);
                await transaction.CommitAsync();
            }
            catch (PostgresException no) when (!no.IsShutdown())
            {
                if (connection.State == ConnectionState.Open) await transaction.RollbackAsync();
                connection.ForgetStatements();
                throw;
            }
            catch (NpgsqlException lost)
            {
                BatchDatabase.Note(lost, process);
                throw;
            }
        }
        for (var i = 0; i < here.Count; i++) here[i].Succeed(decision.Outcomes[i]);
        if (here.Count < asked.Count) WriteApart(asked.Except(here));
    }

    static bool Needs(IReadOnlyList<NewTransfer> request, LedgerFacts facts, HashSet<Guid> held) => request.Any(t =>
        held.Contains(t.DebitAccountId) || held.Contains(t.CreditAccountId)
        || (t.PendingId is { } id && facts.Transfers.TryGetValue(id, out var pending) && (held.Contains(pending.DebitAccountId) || held.Contains(pending.CreditAccountId))));

    /// <summary>Each by itself and beside the batches, so that what others hold concerns nobody else.</summary>
    void WriteApart(IEnumerable<Asked> requests)
    {
        foreach (var request in requests) _ = RunAsync(request);

        async Task RunAsync(Asked request)
        {
            await apart.WaitAsync();
            try { await this.RunAsync([request]); }
            catch (Exception failure) { request.Fail(failure); }
            finally { apart.Release(); }
        }
    }

    public void Dispose() => apart.Dispose();

    static bool IsConflict(PostgresException no) =>
        no.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.InvalidSqlStatementName;
}
