using Souk.Platform.Data;

namespace Souk.Platform.SecurityLog;

/// <summary>
/// Moves entries into the security log: numbers them without gaps and chains them, a step in a transaction of its own. Any number of nodes may run it; the row
/// of the head lets one at a time.
/// </summary>
/// <remarks>
/// There is no cursor: an entry waits in a table of its own until it is moved, so one whose transaction ends late is simply sealed later, and an open one holds
/// up nobody. What was committed before another act began has the lower <c>n</c> and is visible to whoever sees the other, so it stands before it in the log.
/// </remarks>
internal sealed class Sealer(WorkDatabase db, SecurityChain chain, TimeProvider clock, ILogger<Sealer> log)
{
    public const int RowsMax = 500;

    /// <summary>Stable: what collects logs keeps heads, and wakes somebody for the others.</summary>
    public static readonly EventId HeadTold = new(1901, nameof(HeadTold)), AlertRaised = new(1902, nameof(AlertRaised)), SealingFailed = new(1903, nameof(SealingFailed));

    /// <summary>How often the head is told at most.</summary>
    public static readonly TimeSpan TellPause = TimeSpan.FromMinutes(1);

    SecurityHead? untold;
    DateTimeOffset toldAt;

    /// <summary>Seals what waits, up to <see cref="RowsMax"/>; answers how many that were: 0 when there is nothing, or another node is at it.</summary>
    public async Task<int> SealAsync(CancellationToken cancel)
    {
        if (await db.Source.QueryFirstAsync(FindWaiting, static row => row.GetInt64(0), [], cancel) == 0) return 0;
        await using var connection = await db.Source.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (await connection.QueryFirstAsync(LockHead, static row => new SecurityHead(row.GetInt64(0), row.GetFieldValue<byte[]>(1)), [], cancel) is not { } head) return 0;
        // Read after the lock was had: what the sealer before us has moved is gone.
        var waiting = await connection.QueryAsync(Read, static row => (N: row.GetInt64(0), Entry: SecurityEntry.Read(row, 1)), [RowsMax], cancel);
        if (waiting.Count == 0) return 0;

        var (sealing, next) = Chain(head, waiting.ConvertAll(w => w.Entry));
        var alerts = await SecurityAlerts.FindAsync(connection, sealing, cancel);
        await MoveAsync(connection, waiting.ConvertAll(w => w.N), sealing, head, next, cancel);
        var raised = await SecurityAlerts.RaiseAsync(connection, alerts, clock.GetUtcNow(), cancel);
        await transaction.CommitAsync(cancel);

        untold = next;
        foreach (var alert in raised)
            log.LogWarning(AlertRaised, "Security alert {Rule} about {Subject}, entry {Seq} of the security log", alert.Rule, new SecurityId(SecurityId.Account, alert.AccountId), alert.Seq);
        return waiting.Count;
    }

    /// <summary>Tells where the chain ends, at most once a minute: a copy of it away from the database is what shows that its end was not cut off.</summary>
    public void TellHead()
    {
        var now = clock.GetUtcNow();
        if (untold is not { } head || now - toldAt < TellPause) return;
        log.LogInformation(HeadTold, "The security log is sealed up to {Head}", head);
        (untold, toldAt) = (null, now);
    }

    (List<SealedEntry> Sealing, SecurityHead Next) Chain(SecurityHead head, List<SecurityEntry> entries)
    {
        var sealing = new List<SealedEntry>(entries.Count);
        foreach (var entry in entries)
        {
            var (seq, mac) = (head.Seq + 1, chain.MacOf(entry));
            head = new(seq, chain.HashOf(head.Hash, seq, mac));
            sealing.Add(new(seq, entry, SecurityChain.Format, chain.KeyId, mac, head.Hash));
        }
        return (sealing, head);
    }

    static async Task MoveAsync(NpgsqlConnection connection, List<long> waiting, List<SealedEntry> sealing, SecurityHead head, SecurityHead next, CancellationToken cancel)
    {
        long[] rows = [.. waiting];
        await using var batch = connection.CreateBatch()
            .Add(Move, rows, sealing.Select(s => s.Seq).ToArray(), Sql.Byteas(sealing.Select(s => s.Mac)), Sql.Byteas(sealing.Select(s => s.Hash)), SecurityChain.Format, sealing[0].KeyId)
            .Add(Forget, rows)
            .Add(MoveHead, next.Seq, next.Hash, head.Seq);
        await batch.ExecuteNonQueryAsync(cancel);
        // Nobody but a sealer takes entries away, and this one has the turn.
        if (batch.BatchCommands[0].RecordsAffected != rows.Length || batch.BatchCommands[1].RecordsAffected != rows.Length || batch.BatchCommands[2].RecordsAffected != 1)
            throw new InvalidOperationException($"Entries of the security log changed while they were sealed after {head}: somebody else writes to platform.security_unsealed.");
    }

    const string FindWaiting = "SELECT n FROM platform.security_unsealed ORDER BY n LIMIT 1";

    const string LockHead = "SELECT seq, hash FROM platform.security_head WHERE is_only_row FOR NO KEY UPDATE SKIP LOCKED";

    const string Read = $"SELECT n, {SecurityEntry.Columns} FROM platform.security_unsealed ORDER BY n LIMIT $1";

    // From table to table: what is sealed is what was written.
    const string Move = $"""
        INSERT INTO platform.security_log ({SealedEntry.Columns})
        SELECT s.seq, {SecurityEntry.Columns}, $5::smallint, $6::bytea, s.mac, s.hash
        FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[]) AS s (waits, seq, mac, hash) JOIN platform.security_unsealed u ON u.n = s.waits
        """;

    const string Forget = "DELETE FROM platform.security_unsealed WHERE n = ANY($1)";

    const string MoveHead = "UPDATE platform.security_head SET seq = $1, hash = $2 WHERE is_only_row AND seq = $3";
}

/// <summary>Seals the security log of this shop as long as the process runs; an entry waits about half a second.</summary>
internal sealed class SealSecurityLog(Sealer sealer, WorkDatabase db, ILogger<SealSecurityLog> log) : BackgroundService
{
    static readonly TimeSpan LookPause = TimeSpan.FromMilliseconds(500), RetryPause = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookPause);
        try
        {
            do
            {
                try
                {
                    while (await sealer.SealAsync(stoppingToken) == Sealer.RowsMax) { }
                    sealer.TellHead();
                }
                catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
                {
                    log.LogError(Sealer.SealingFailed, "The security log cannot be sealed now; trying again: {Reason}", failure.Message);
                    db.Forget();
                    await Task.Delay(RetryPause, stoppingToken);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (Exception) when (stoppingToken.IsCancellationRequested)
        {
            return;   // what was not sealed waits for the next start, or another node
        }
    }
}
