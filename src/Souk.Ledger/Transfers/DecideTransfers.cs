using Souk.Ledger.Accounts;

namespace Souk.Ledger.Transfers;

/// <summary>What the ledger holds of the accounts and transfers that a batch names.</summary>
/// <param name="Accounts">By id; one that does not exist is not in it.</param>
/// <param name="Transfers">Those of the ids asked for, and those that are to be ended.</param>
/// <param name="Ends">What ended a pending transfer, by the pending one's id.</param>
/// <param name="Refused">Ids refused for good.</param>
internal sealed record LedgerFacts(IReadOnlyDictionary<Guid, AccountState> Accounts, IReadOnlyDictionary<Guid, StoredTransfer> Transfers,
    IReadOnlyDictionary<Guid, StoredTransfer> Ends, IReadOnlySet<Guid> Refused);

/// <summary>What comes of a batch.</summary>
/// <param name="Outcomes">Of each request, of each of its transfers, in their order.</param>
/// <param name="Written">The new rows, oldest first.</param>
/// <param name="Accounts">Those that changed, as they now are.</param>
/// <param name="Refused">Ids that are refused for good from now on.</param>
internal sealed record LedgerDecision(IReadOnlyList<IReadOnlyList<TransferOutcome>> Outcomes, IReadOnlyList<StoredTransfer> Written, IReadOnlyList<AccountState> Accounts,
    IReadOnlyList<(Guid Id, TransferResult Result)> Refused);

/// <summary>
/// Accepts or refuses transfers in the order they came, in memory: a pure function of what the ledger holds. Each reason for a no is looked for in the
/// order of <see cref="TransferResult"/>; after the last one nothing can fail.
/// </summary>
internal sealed class DecideTransfers
{
    /// <summary>Minor units, of one transfer and of all debits or credits of an account: what a JSON number holds exactly.</summary>
    public const long AmountMax = 9_007_199_254_740_991;

    static readonly Guid MaxId = new("ffffffff-ffff-ffff-ffff-ffffffffffff");

    readonly Dictionary<Guid, AccountState> accounts;
    readonly Dictionary<Guid, StoredTransfer> transfers, ends;
    readonly HashSet<Guid> refused;
    readonly DateTimeOffset now;
    readonly List<StoredTransfer> written = [];
    readonly HashSet<Guid> changed = [];
    readonly List<(Guid, TransferResult)> refusals = [];
    readonly Stack<AccountState> undo = [];

    DecideTransfers(LedgerFacts facts, DateTimeOffset now)
    {
        (accounts, transfers, ends, refused) = (new(facts.Accounts), new(facts.Transfers), new(facts.Ends), [.. facts.Refused]);
        this.now = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }

    public static LedgerDecision Run(LedgerFacts facts, IReadOnlyList<IReadOnlyList<NewTransfer>> requests, DateTimeOffset now)
    {
        var decide = new DecideTransfers(facts, now);
        var outcomes = new IReadOnlyList<TransferOutcome>[requests.Count];
        for (var i = 0; i < requests.Count; i++) outcomes[i] = decide.Request(requests[i]);
        return new(outcomes, decide.written, [.. decide.changed.Select(id => decide.accounts[id])], decide.refusals);
    }

    TransferOutcome[] Request(IReadOnlyList<NewTransfer> request)
    {
        var outcomes = new TransferOutcome[request.Count];
        for (var first = 0; first < request.Count;)
        {
            var last = first;
            while (last < request.Count - 1 && request[last].IsLinked) last++;
            Chain(request, outcomes, first, last);
            first = last + 1;
        }
        return outcomes;
    }

    /// <summary>All or none of the transfers from first to last, whose last is not linked on.</summary>
    void Chain(IReadOnlyList<NewTransfer> request, TransferOutcome[] outcomes, int first, int last)
    {
        // Asked for again, a chain is there as a whole.
        if (last > first && AllExist(request, outcomes, first, last)) return;
        var (rows, failed) = (written.Count, -1);
        undo.Clear();
        for (var i = first; i <= last && failed < 0; i++)
        {
            outcomes[i] = request[i].IsLinked && i == request.Count - 1 ? new(TransferResult.LinkedEventChainOpen, null) : One(request[i]);
            // In a chain of several only what is new stands with the others.
            if (!(last > first ? outcomes[i].Result == TransferResult.Ok : outcomes[i].IsThere)) failed = i;
        }
        if (failed < 0) return;

        var no = outcomes[failed].Result;
        if (request[failed].KeepsRefusal && no.IsOfTheMoment() && refused.Add(request[failed].Id)) refusals.Add((request[failed].Id, no));
        if (last == first) return;
        while (undo.TryPop(out var before)) accounts[before.Id] = before;
        foreach (var row in written.Skip(rows))
        {
            transfers.Remove(row.Id);
            if (row.PendingId is { } pending) ends.Remove(pending);
        }
        written.RemoveRange(rows, written.Count - rows);
        for (var i = first; i <= last; i++)
            if (i != failed) outcomes[i] = new(TransferResult.LinkedEventFailed, null);
    }

    bool AllExist(IReadOnlyList<NewTransfer> request, TransferOutcome[] outcomes, int first, int last)
    {
        for (var i = first; i <= last; i++)
        {
            if (!transfers.TryGetValue(request[i].Id, out var row) || Compare(request[i], row) != TransferResult.Exists) return false;
            outcomes[i] = new(TransferResult.Exists, row);
        }
        return !request[last].IsLinked;
    }

    TransferOutcome One(NewTransfer wanted)
    {
        if (wanted.Id == Guid.Empty) return No(TransferResult.IdMustNotBeZero);
        if (wanted.Id == MaxId) return No(TransferResult.IdMustNotBeIntMax);
        if (transfers.TryGetValue(wanted.Id, out var row)) return new(Compare(wanted, row), row);
        if (refused.Contains(wanted.Id)) return No(TransferResult.IdAlreadyFailed);
        return wanted.Phase is TransferPhase.Single or TransferPhase.Pending ? Begin(wanted) : End(wanted);
    }

    static TransferOutcome No(TransferResult result) => new(result, null);

    /// <summary>How what is asked for differs from what is there under its id.</summary>
    TransferResult Compare(NewTransfer wanted, StoredTransfer row)
    {
        // What a post or void leaves out is what is pending.
        var pending = row.PendingId is { } id ? transfers.GetValueOrDefault(id) : null;
        return wanted.Phase != row.Phase ? TransferResult.ExistsWithDifferentPhase
            : wanted.PendingId != row.PendingId ? TransferResult.ExistsWithDifferentPendingId
            : wanted.TimeoutSeconds != row.TimeoutSeconds ? TransferResult.ExistsWithDifferentTimeout
            : wanted.DebitAccountId != row.DebitAccountId && !(pending is not null && wanted.DebitAccountId == Guid.Empty) ? TransferResult.ExistsWithDifferentDebitAccountId
            : wanted.CreditAccountId != row.CreditAccountId && !(pending is not null && wanted.CreditAccountId == Guid.Empty) ? TransferResult.ExistsWithDifferentCreditAccountId
            : (wanted.Amount ?? pending?.Amount) != row.Amount ? TransferResult.ExistsWithDifferentAmount
            : (wanted.Reference ?? pending?.Reference) != row.Reference ? TransferResult.ExistsWithDifferentReference
            : (wanted.Currency ?? pending?.Currency) != row.Currency ? TransferResult.ExistsWithDifferentCurrency
            : (wanted.Code ?? pending?.Code) != row.Code ? TransferResult.ExistsWithDifferentCode
            : TransferResult.Exists;
    }

    /// <summary>A transfer at once, or one that sets aside.</summary>
    TransferOutcome Begin(NewTransfer wanted)
    {
        if (wanted.DebitAccountId == Guid.Empty) return No(TransferResult.DebitAccountIdMustNotBeZero);
        if (wanted.CreditAccountId == Guid.Empty) return No(TransferResult.CreditAccountIdMustNotBeZero);
        if (wanted.DebitAccountId == wanted.CreditAccountId) return No(TransferResult.AccountsMustBeDifferent);
        if (wanted.PendingId is not null) return No(TransferResult.PendingIdMustBeZero);
        if (wanted.TimeoutSeconds is not null && (wanted.Phase != TransferPhase.Pending || wanted.TimeoutSeconds <= 0)) return No(TransferResult.TimeoutReservedForPendingTransfer);
        if (wanted.Amount is not (>= 1 and <= AmountMax and var amount)) return No(TransferResult.AmountMustNotBeZero);
        if (string.IsNullOrEmpty(wanted.Currency)) return No(TransferResult.CurrencyMustNotBeEmpty);
        if (string.IsNullOrEmpty(wanted.Code)) return No(TransferResult.CodeMustNotBeEmpty);
        if (!accounts.TryGetValue(wanted.DebitAccountId, out var debit)) return No(TransferResult.DebitAccountNotFound);
        if (!accounts.TryGetValue(wanted.CreditAccountId, out var credit)) return No(TransferResult.CreditAccountNotFound);
        if (debit.Currency != credit.Currency) return No(TransferResult.AccountsMustHaveTheSameCurrency);
        if (wanted.Currency != debit.Currency) return No(TransferResult.TransferMustHaveTheSameCurrencyAsAccounts);

        // Neither sum can pass what a long holds: each term is at most AmountMax.
        if (debit.DebitsPending + debit.DebitsPosted + amount > AmountMax) return No(TransferResult.OverflowsDebits);
        if (credit.CreditsPending + credit.CreditsPosted + amount > AmountMax) return No(TransferResult.OverflowsCredits);
        if (debit.Limit == AccountLimit.Credits && debit.DebitsPending + debit.DebitsPosted + amount > debit.CreditsPosted) return No(TransferResult.ExceedsCredits);
        if (credit.Limit == AccountLimit.Debits && credit.CreditsPending + credit.CreditsPosted + amount > credit.DebitsPosted) return No(TransferResult.ExceedsDebits);

        return Write(wanted, debit, credit, amount, TimeOf(debit, credit), null);
    }

    /// <summary>Posts, voids or expires what is pending.</summary>
    TransferOutcome End(NewTransfer wanted)
    {
        if (wanted.PendingId is not { } pendingId || pendingId == Guid.Empty) return No(TransferResult.PendingIdMustNotBeZero);
        if (pendingId == wanted.Id) return No(TransferResult.PendingIdMustBeDifferent);
        if (wanted.TimeoutSeconds is not null) return No(TransferResult.TimeoutReservedForPendingTransfer);
        if (wanted.Amount is not (null or (>= 1 and <= AmountMax))) return No(TransferResult.AmountMustNotBeZero);
        if (!transfers.TryGetValue(pendingId, out var pending)) return No(TransferResult.PendingTransferNotFound);
        if (pending.Phase != TransferPhase.Pending) return No(TransferResult.PendingTransferNotPending);
        if (wanted.DebitAccountId != Guid.Empty && wanted.DebitAccountId != pending.DebitAccountId) return No(TransferResult.PendingTransferHasDifferentDebitAccountId);
        if (wanted.CreditAccountId != Guid.Empty && wanted.CreditAccountId != pending.CreditAccountId) return No(TransferResult.PendingTransferHasDifferentCreditAccountId);
        if (wanted.Currency is not null && wanted.Currency != pending.Currency) return No(TransferResult.PendingTransferHasDifferentCurrency);
        if (wanted.Code is not null && wanted.Code != pending.Code) return No(TransferResult.PendingTransferHasDifferentCode);
        var amount = wanted.Amount ?? pending.Amount;
        if (amount > pending.Amount) return No(TransferResult.ExceedsPendingTransferAmount);
        if (wanted.Phase != TransferPhase.Post && amount != pending.Amount) return No(TransferResult.PendingTransferHasDifferentAmount);
        if (ends.TryGetValue(pendingId, out var end))
            return No(end.Phase switch
            {
                TransferPhase.Post => TransferResult.PendingTransferAlreadyPosted,
                TransferPhase.Void => TransferResult.PendingTransferAlreadyVoided,
                _ => TransferResult.PendingTransferExpired,
            });
        var (debit, credit) = (accounts[pending.DebitAccountId], accounts[pending.CreditAccountId]);
        var at = TimeOf(debit, credit);
        // Its time is out at that instant, whether or not the job has been there.
        if ((pending.ExpiresAt <= at) is var isOut && isOut && wanted.Phase != TransferPhase.Expire) return No(TransferResult.PendingTransferExpired);
        if (!isOut && wanted.Phase == TransferPhase.Expire) return No(TransferResult.PendingTransferNotDue);

        return Write(wanted, debit, credit, amount, at, pending);
    }

    /// <summary>Now, or just after the last transfer of either account, should a clock be behind another.</summary>
    DateTimeOffset TimeOf(AccountState debit, AccountState credit)
    {
        var last = debit.LastAt > credit.LastAt ? debit.LastAt : credit.LastAt;
        return now > last ? now : last.AddTicks(TimeSpan.TicksPerMicrosecond);
    }

    TransferOutcome Write(NewTransfer wanted, AccountState debit, AccountState credit, long amount, DateTimeOffset at, StoredTransfer? pending)
    {
        var aside = (wanted.Phase == TransferPhase.Pending ? amount : 0) - (pending?.Amount ?? 0);
        var moved = wanted.Phase is TransferPhase.Single or TransferPhase.Post ? amount : 0;
        undo.Push(debit);
        undo.Push(credit);
        debit = accounts[debit.Id] = debit with { DebitsPending = debit.DebitsPending + aside, DebitsPosted = debit.DebitsPosted + moved, LastAt = at };
        credit = accounts[credit.Id] = credit with { CreditsPending = credit.CreditsPending + aside, CreditsPosted = credit.CreditsPosted + moved, LastAt = at };
        changed.Add(debit.Id);
        changed.Add(credit.Id);

        var row = new StoredTransfer(wanted.Id, debit.Id, credit.Id, amount, debit.Currency, wanted.Code ?? pending!.Code, wanted.Phase, wanted.PendingId, pending?.Amount,
            wanted.TimeoutSeconds, wanted.Reference ?? pending?.Reference, at, debit.Balance, credit.Balance);
        written.Add(row);
        transfers[row.Id] = row;
        if (pending is not null) ends[pending.Id] = row;
        return new(TransferResult.Ok, row);
    }
}
