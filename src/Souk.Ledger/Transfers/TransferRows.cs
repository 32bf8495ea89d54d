using Souk.Ledger.Accounts;

namespace Souk.Ledger.Transfers;

/// <summary>The rows of transfers and accounts: what a batch reads under locks, and what it writes, in one round trip each.</summary>
/// <remarks>Locks: account rows, in the order of their ids. Then only new rows.</remarks>
internal static class TransferRows
{
    /// <summary>A rival wrote the same id, or ended the same pending transfer, after it was looked for.</summary>
    public static bool IsRival(PostgresException no) => no.SqlState == PostgresErrorCodes.UniqueViolation;

    /// <summary>What the requests are about, their accounts locked until the connection's transaction ends.</summary>
    /// <param name="isPatient">Waits for a lock as long as any request does, not only as long as a batch may.</param>
    /// <param name="skipLocked">Leaves out the accounts that others hold; they are told in the second answer.</param>
    public static async Task<(LedgerFacts Facts, HashSet<Guid> Held)> LockAsync(NpgsqlConnection connection, IReadOnlyList<NewTransfer> wanted, bool isPatient, bool skipLocked)
    {
        var (ids, pendings, accounts) = (new Guid[wanted.Count], new HashSet<Guid>(), new HashSet<Guid>());
        for (var i = 0; i < wanted.Count; i++)
        {
            ids[i] = wanted[i].Id;
            accounts.Add(wanted[i].DebitAccountId);
            accounts.Add(wanted[i].CreditAccountId);
            if (wanted[i].PendingId is { } pending) pendings.Add(pending);
        }
        var transfers = new Dictionary<Guid, StoredTransfer>();
        if (pendings.Count > 0)
        {
            // Rows that never change: they name the accounts to lock.
            foreach (var pending in await connection.QueryAsync(FindById, StoredTransfer.Read, [pendings.ToArray()], CancellationToken.None))
            {
                transfers[pending.Id] = pending;
                accounts.Add(pending.DebitAccountId);
                accounts.Add(pending.CreditAccountId);
            }
        }
        Guid[] locked = [.. accounts];
        await using var batch = connection.CreateBatch();
        if (isPatient) batch.WithPatience();
        batch.Add(skipLocked ? LockFree : Lock, locked).Add(FindById, ids).Add(FindRefused, ids);
        if (pendings.Count > 0) batch.Add(FindEnds, pendings.ToArray());
        if (skipLocked) batch.Add(FindAccounts, locked);

        var (states, ends, refused, held) = (new Dictionary<Guid, AccountState>(locked.Length), new Dictionary<Guid, StoredTransfer>(), new HashSet<Guid>(), new HashSet<Guid>());
        await using var reader = await batch.ExecuteReaderAsync(CancellationToken.None);
        if (isPatient) await reader.NextResultAsync();
        while (await reader.ReadAsync())
        {
            var state = AccountState.Read(reader);
            states[state.Id] = state;
        }
        await reader.NextResultAsync();
        while (await reader.ReadAsync())
        {
            var row = StoredTransfer.Read(reader);
            transfers[row.Id] = row;
        }
        await reader.NextResultAsync();
        while (await reader.ReadAsync()) refused.Add(reader.GetGuid(0));
        if (pendings.Count > 0)
        {
            await reader.NextResultAsync();
            while (await reader.ReadAsync())
            {
                var end = StoredTransfer.Read(reader);
                ends[end.PendingId!.Value] = end;
            }
        }
        if (skipLocked)
        {
            await reader.NextResultAsync();
            while (await reader.ReadAsync())
                if (reader.GetGuid(0) is var id && !states.ContainsKey(id)) held.Add(id);
        }
        return (new(states, transfers, ends, refused), held);
    }

    /// <summary>Writes a decision in the transaction that locked what it stands on.</summary>
    public static async Task WriteAsync(NpgsqlConnection connection, LedgerFacts facts, LedgerDecision decision, DateTimeOffset now)
    {
        if (decision.Written.Count + decision.Refused.Count == 0) return;
        await using var batch = connection.CreateBatch();
        if (decision.Written.Count > 0)
        {
            var rows = decision.Written;
            batch.Add(Insert, Column(rows, t => t.Id), Column(rows, t => t.DebitAccountId), Column(rows, t => t.CreditAccountId), Column(rows, t => t.Amount),
                Column(rows, t => t.Currency), Column(rows, t => t.Code), Column(rows, t => t.Phase.Text()), Column(rows, t => t.PendingId), Column(rows, t => t.PendingAmount),
                Column(rows, t => t.TimeoutSeconds), Column(rows, t => t.Reference), Column(rows, t => t.CreatedAt), Column(rows, t => t.DebitBalance), Column(rows, t => t.CreditBalance));
            // What is added, not what it is then: even without the lock nothing would be lost, and the constraints would see it.
            var changes = decision.Accounts.Select(after => (After: after, Before: facts.Accounts[after.Id])).OrderBy(c => c.After.Id).ToList();
            batch.Add(Count, Column(changes, c => c.After.Id), Column(changes, c => c.After.DebitsPending - c.Before.DebitsPending), Column(changes, c => c.After.DebitsPosted - c.Before.DebitsPosted),
                Column(changes, c => c.After.CreditsPending - c.Before.CreditsPending), Column(changes, c => c.After.CreditsPosted - c.Before.CreditsPosted), Column(changes, c => c.After.LastAt));
            if (rows.Where(t => t.TimeoutSeconds is not null).ToList() is { Count: > 0 } begun)
                batch.Add(BeginTimeOuts, Column(begun, t => t.Id), Column(begun, t => t.ExpiresAt!.Value));
            if (rows.Where(t => t.PendingId is not null).ToList() is { Count: > 0 } ended) batch.Add(EndTimeOuts, Column(ended, t => t.PendingId!.Value));
        }
        if (decision.Refused.Count > 0) batch.Add(Refuse, Column(decision.Refused, r => r.Id), Column(decision.Refused, r => r.Result.Text()), now);
        await batch.ExecuteNonQueryAsync(CancellationToken.None);
    }

    static T[] Column<TRow, T>(IReadOnlyList<TRow> rows, Func<TRow, T> value)
    {
        var column = new T[rows.Count];
        for (var i = 0; i < column.Length; i++) column[i] = value(rows[i]);
        return column;
    }

    // A statement of its own: the next ones then see what was committed while it waited.
    const string Lock = $"SELECT {AccountState.Columns} FROM ledger.accounts a WHERE a.id = ANY($1) ORDER BY a.id FOR NO KEY UPDATE";

    const string LockFree = $"{Lock} SKIP LOCKED";

    const string FindAccounts = "SELECT id FROM ledger.accounts WHERE id = ANY($1)";

    const string FindById = $"SELECT {StoredTransfer.Columns} FROM ledger.transfers t WHERE t.id = ANY($1)";

    const string FindRefused = "SELECT id FROM ledger.refused_transfers WHERE id = ANY($1)";

    const string FindEnds = $"SELECT {StoredTransfer.Columns} FROM ledger.transfers t WHERE t.pending_id = ANY($1)";

    const string Insert = """
        INSERT INTO ledger.transfers (id, debit_account_id, credit_account_id, amount, currency, code, phase, pending_id, pending_amount, timeout_seconds, reference, created_at,
            debit_balance, credit_balance)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::uuid[], $9::bigint[], $10::int[], $11::uuid[],
            $12::timestamptz[], $13::bigint[], $14::bigint[])
        """;

    const string Count = """
        UPDATE ledger.accounts a SET debits_pending = a.debits_pending + w.debits_pending, debits_posted = a.debits_posted + w.debits_posted,
            credits_pending = a.credits_pending + w.credits_pending, credits_posted = a.credits_posted + w.credits_posted, last_at = w.last_at
        FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::timestamptz[])
            AS w (id, debits_pending, debits_posted, credits_pending, credits_posted, last_at)
        WHERE a.id = w.id
        """;

    const string BeginTimeOuts = "INSERT INTO ledger.time_outs (transfer_id, expires_at) SELECT * FROM unnest($1::uuid[], $2::timestamptz[])";

    const string EndTimeOuts = "DELETE FROM ledger.time_outs WHERE transfer_id = ANY($1)";

    const string Refuse = """
        INSERT INTO ledger.refused_transfers (id, result, refused_at)
        SELECT w.id, w.result, $3 FROM unnest($1::uuid[], $2::text[]) AS w (id, result) ON CONFLICT DO NOTHING
        """;
}
