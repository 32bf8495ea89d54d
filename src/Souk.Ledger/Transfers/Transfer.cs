namespace Souk.Ledger.Transfers;

/// <summary>How a transfer moves its amount.</summary>
internal enum TransferPhase
{
    /// <summary>At once.</summary>
    Single,

    /// <summary>Sets it aside, until another transfer ends that.</summary>
    Pending,

    /// <summary>Moves what was set aside, or a part of it; the rest is free again.</summary>
    Post,

    /// <summary>Gives back what was set aside.</summary>
    Void,

    /// <summary>The same because the time is out; only the ledger's own job asks for it.</summary>
    Expire,
}

/// <summary>A transfer that is asked for. Its id is the asker's: asking again, with the same words, moves nothing again.</summary>
/// <param name="DebitAccountId">Who gives. A post or void may leave accounts empty and amount, currency, code and reference out: then they are those of what is pending.</param>
/// <param name="Amount">Minor units, 1 to <see cref="DecideTransfers.AmountMax"/>.</param>
/// <param name="Code">Why, in snake_case of at most 64 characters: <c>order_payment</c>.</param>
internal sealed record NewTransfer(Guid Id, Guid DebitAccountId, Guid CreditAccountId, long? Amount, string? Currency, string? Code)
{
    public TransferPhase Phase { get; init; }

    /// <summary>What a post or void ends.</summary>
    public Guid? PendingId { get; init; }

    /// <summary>After which a pending transfer expires; null never.</summary>
    public int? TimeoutSeconds { get; init; }

    /// <summary>What it is about: the id of an order, a payment.</summary>
    public Guid? Reference { get; init; }

    /// <summary>Stands or falls with the next transfer of the same request.</summary>
    public bool IsLinked { get; init; }

    /// <summary>When it is refused for what stands in the ledger now (no account, not enough), its id is refused for ever.</summary>
    public bool KeepsRefusal { get; init; }

    /// <summary>Ends a pending transfer.</summary>
    public static NewTransfer Ending(Guid id, Guid pendingId, TransferPhase phase, long? amount = null) =>
        new(id, Guid.Empty, Guid.Empty, amount, null, null) { Phase = phase, PendingId = pendingId };
}

/// <summary>A transfer as its row stands; it never changes.</summary>
/// <param name="PendingAmount">Of what it ends: so much was set aside.</param>
/// <param name="CreatedAt">Whole microseconds; no other transfer of either account has the same.</param>
/// <param name="DebitBalance">Credits posted less debits posted of the debited account, after it.</param>
internal sealed record StoredTransfer(Guid Id, Guid DebitAccountId, Guid CreditAccountId, long Amount, string Currency, string Code, TransferPhase Phase, Guid? PendingId,
    long? PendingAmount, int? TimeoutSeconds, Guid? Reference, DateTimeOffset CreatedAt, long DebitBalance, long CreditBalance)
{
    public DateTimeOffset? ExpiresAt => TimeoutSeconds is { } seconds ? CreatedAt.AddSeconds(seconds) : null;

    public const string Columns = """
        t.id, t.debit_account_id, t.credit_account_id, t.amount, t.currency, t.code, t.phase, t.pending_id, t.pending_amount, t.timeout_seconds, t.reference, t.created_at,
        t.debit_balance, t.credit_balance
        """;

    /// <summary>Reads <see cref="Columns"/>.</summary>
    public static StoredTransfer Read(NpgsqlDataReader row) => new(row.GetGuid(0), row.GetGuid(1), row.GetGuid(2), row.GetInt64(3), row.GetString(4), row.GetString(5),
        TransferPhases.Read(row.GetString(6)), row.Nullable<Guid>(7), row.Nullable<long>(8), row.Nullable<int>(9), row.Nullable<Guid>(10),
        row.GetFieldValue<DateTimeOffset>(11), row.GetInt64(12), row.GetInt64(13));

    public static Task<StoredTransfer?> FindAsync(NpgsqlDataSource db, Guid id, CancellationToken cancel) => db.QueryFirstAsync(Find, Read, [id], cancel);

    const string Find = $"SELECT {Columns} FROM ledger.transfers t WHERE t.id = $1";
}

/// <summary>What came of a transfer that was asked for.</summary>
/// <param name="Transfer">The row, for <see cref="TransferResult.Ok"/> and <see cref="TransferResult.Exists"/>.</param>
internal readonly record struct TransferOutcome(TransferResult Result, StoredTransfer? Transfer)
{
    /// <summary>The transfer is in the ledger as it was asked for, by this request or an earlier one.</summary>
    public bool IsThere => Result is TransferResult.Ok or TransferResult.Exists;
}

internal static class TransferPhases
{
    static readonly string[] Texts = ["single", "pending", "post", "void", "expire"];

    /// <summary>As it stands in the database.</summary>
    public static string Text(this TransferPhase phase) => Texts[(int)phase];

    public static TransferPhase Read(string text) => Array.IndexOf(Texts, text) is >= 0 and var i ? (TransferPhase)i : throw new InvalidOperationException($"A transfer has the phase '{text}'.");
}
