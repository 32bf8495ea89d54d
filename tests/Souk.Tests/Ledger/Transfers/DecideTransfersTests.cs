using Souk.Ledger.Accounts;
using Souk.Ledger.Transfers;
using static Souk.Ledger.Transfers.TransferPhase;

namespace Souk.Tests.Ledger.Transfers;

/// <summary>Every reason for a no, one line each, against the same small ledger.</summary>
public sealed class DecideTransfersTests
{
    static readonly DateTimeOffset Now = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);
    static readonly Guid Wallet = G(1), Other = G(2), House = G(3), Owed = G(4), Euro = G(5), Full = G(6), Nowhere = G(9);
    static readonly Guid Single1 = G(11), Held = G(12), Short = G(13), Posted = G(14), Voided = G(15), Expired = G(16), PostOfPosted = G(24), Refused = G(17), New = G(99);

    static Guid G(int n) => new($"00000000-0000-7000-8000-{n:000000000000}");

    /// <summary>The wallet has 100 of which 30 are held; the other wallet nothing.</summary>
    static readonly LedgerFacts Facts = new(
        new[]
        {
            Account(Wallet, AccountLimit.Credits) with { CreditsPosted = 100, DebitsPending = 30 }, Account(Other, AccountLimit.Credits) with { CreditsPending = 30 },
            Account(House, AccountLimit.None), Account(Owed, AccountLimit.Debits) with { DebitsPosted = 50, CreditsPosted = 20, CreditsPending = 10 },
            Account(Euro, AccountLimit.None) with { Currency = "EUR" },
            Account(Full, AccountLimit.None) with { DebitsPosted = DecideTransfers.AmountMax - 5, CreditsPosted = DecideTransfers.AmountMax - 6, CreditsPending = 1 },
        }.ToDictionary(a => a.Id),
        new[]
        {
            Row(Single1, TransferPhase.Single, House, Wallet, 100), Row(Held, Pending, Wallet, Other, 20),
            Row(Short, Pending, Wallet, Other, 10) with { TimeoutSeconds = 60, CreatedAt = Now.AddSeconds(-60) },
            Row(Posted, Pending, House, Other, 5), Row(Voided, Pending, House, Other, 5), Row(Expired, Pending, House, Other, 5) with { TimeoutSeconds = 1 },
            Row(PostOfPosted, Post, House, Other, 4) with { PendingId = Posted, PendingAmount = 5 },
        }.ToDictionary(t => t.Id),
        new[]
        {
            Row(PostOfPosted, Post, House, Other, 4) with { PendingId = Posted }, Row(G(25), TransferPhase.Void, House, Other, 5) with { PendingId = Voided },
            Row(G(26), Expire, House, Other, 5) with { PendingId = Expired },
        }.ToDictionary(t => t.PendingId!.Value),
        new HashSet<Guid> { Refused });

    static AccountState Account(Guid id, AccountLimit limit) => new(id, "USD", limit, 0, 0, 0, 0, Now.AddDays(-1));

    static StoredTransfer Row(Guid id, TransferPhase phase, Guid debit, Guid credit, long amount) =>
        new(id, debit, credit, amount, "USD", "test", phase, null, null, null, G(77), Now.AddDays(-1), 0, 0);

    static NewTransfer T(Guid? id = null, Guid? from = null, Guid? to = null, long? amount = 10, string? currency = "USD", string? code = "test", TransferPhase phase = TransferPhase.Single,
        Guid? pending = null, int? timeout = null, Guid? about = null) =>
        new(id ?? New, from ?? Wallet, to ?? House, amount, currency, code) { Phase = phase, PendingId = pending, TimeoutSeconds = timeout, Reference = about };

    static NewTransfer E(TransferPhase phase, Guid? pending, Guid? id = null, Guid? from = null, Guid? to = null, long? amount = null, string? currency = null,
        string? code = null, int? timeout = null) => T(id, from ?? Guid.Empty, to ?? Guid.Empty, amount, currency, code, phase, pending, timeout);

    static readonly (string, NewTransfer)[] All =
    [
        ("ok", T()), ("ok", T(amount: 70)), ("ok", T(phase: Pending, timeout: 5)), ("ok", T(from: House, to: Wallet, amount: 1_000_000)), ("ok", T(from: House, to: Owed, amount: 20)),
        ("id_must_not_be_zero", T(Guid.Empty)), ("id_must_not_be_int_max", T(new Guid("ffffffff-ffff-ffff-ffff-ffffffffffff"))),
        ("exists", T(Single1, House, Wallet, 100, about: G(77))), ("exists", T(Held, Wallet, Other, 20, phase: Pending, about: G(77))), ("exists", E(Post, Posted, PostOfPosted, amount: 4)),
        ("exists", T(PostOfPosted, House, Other, 4, phase: Post, pending: Posted, about: G(77))),
        ("exists_with_different_phase", T(Single1, House, Wallet, 100, phase: Pending)), ("exists_with_different_pending_id", E(Post, Held, PostOfPosted, amount: 4)),
        ("exists_with_different_timeout", T(Held, Wallet, Other, 20, phase: Pending, timeout: 5)),
        ("exists_with_different_debit_account_id", T(Single1, Other, Wallet, 100)),
        ("exists_with_different_credit_account_id", T(Single1, House, Other, 100)), ("exists_with_different_amount", T(Single1, House, Wallet, 99)),
        ("exists_with_different_amount", E(Post, Posted, PostOfPosted)), ("exists_with_different_reference", T(Single1, House, Wallet, 100)),
        ("exists_with_different_currency", T(Single1, House, Wallet, 100, "EUR", about: G(77))), ("exists_with_different_code", T(Single1, House, Wallet, 100, code: "other", about: G(77))),
        ("id_already_failed", T(Refused)),
        ("debit_account_id_must_not_be_zero", T(from: Guid.Empty)), ("credit_account_id_must_not_be_zero", T(to: Guid.Empty)), ("accounts_must_be_different", T(to: Wallet)),
        ("pending_id_must_be_zero", T(pending: Held)), ("timeout_reserved_for_pending_transfer", T(timeout: 5)), ("timeout_reserved_for_pending_transfer", T(phase: Pending, timeout: 0)),
        ("amount_must_not_be_zero", T(amount: 0)), ("amount_must_not_be_zero", T(amount: -1)), ("amount_must_not_be_zero", T(amount: null)),
        ("amount_must_not_be_zero", T(amount: long.MaxValue)),
        ("currency_must_not_be_empty", T(currency: null)), ("code_must_not_be_empty", T(code: "")),
        ("debit_account_not_found", T(from: Nowhere)), ("credit_account_not_found", T(to: Nowhere)), ("accounts_must_have_the_same_currency", T(to: Euro)),
        ("transfer_must_have_the_same_currency_as_accounts", T(currency: "EUR")),
        ("overflows_debits", T(from: Full, amount: 6)), ("ok", T(from: Full, amount: 5)), ("overflows_credits", T(from: House, to: Full, amount: 6)),
        ("ok", T(from: House, to: Full, amount: 5)),
        ("exceeds_credits", T(amount: 71)), ("exceeds_credits", T(phase: Pending, amount: 71)), ("exceeds_credits", T(from: Other, amount: 1)),
        ("exceeds_debits", T(from: House, to: Owed, amount: 21)),
        ("pending_id_must_not_be_zero", E(Post, null)), ("pending_id_must_be_different", E(Post, New)), ("timeout_reserved_for_pending_transfer", E(Post, Held, timeout: 5)),
        ("amount_must_not_be_zero", E(Post, Held, amount: 0)), ("pending_transfer_not_found", E(Post, Nowhere)), ("pending_transfer_not_pending", E(TransferPhase.Void, Single1)),
        ("pending_transfer_has_different_debit_account_id", E(Post, Held, from: House)), ("pending_transfer_has_different_credit_account_id", E(Post, Held, to: House)),
        ("pending_transfer_has_different_currency", E(Post, Held, currency: "EUR")), ("pending_transfer_has_different_code", E(Post, Held, code: "other")),
        ("exceeds_pending_transfer_amount", E(Post, Held, amount: 21)), ("pending_transfer_has_different_amount", E(TransferPhase.Void, Held, amount: 19)),
        ("pending_transfer_already_posted", E(TransferPhase.Void, Posted)), ("pending_transfer_already_voided", E(Post, Voided)),
        ("pending_transfer_expired", E(Post, Expired)),
        ("pending_transfer_expired", E(Post, Short)), ("ok", E(Expire, Short)), ("pending_transfer_not_due", E(Expire, Held)),
        ("ok", E(Post, Held)), ("ok", E(Post, Held, amount: 1)), ("ok", E(TransferPhase.Void, Held)),
        ("ok", E(TransferPhase.Void, Held, from: Wallet, to: Other, amount: 20, currency: "USD", code: "test")),
    ];

    public static TheoryData<string, object> Cases() => new(All.Select(c => (c.Item1, (object)c.Item2)));

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void A_transfer_comes_to(string result, object wanted) => Assert.Equal(result, Assert.Single(Run(Facts, [(NewTransfer)wanted])).Result.Text());

    [Fact]
    public void Every_result_has_a_case() => Assert.Equal(Enum.GetValues<TransferResult>().Select(r => r.Text()).Order(),
        All.Select(c => c.Item1).Concat(["linked_event_failed", "linked_event_chain_open"]).Distinct().Order());

    [Theory]
    [InlineData("all of it", null, 100 - 20, 10, 20)]
    [InlineData("a part, and the rest is free", 5L, 100 - 5, 10, 5)]
    public void A_post_moves(string _, long? amount, long balance, long stillHeld, long received)
    {
        var decision = DecideTransfers.Run(Facts, [[E(Post, Held, amount: amount)]], Now);
        var (from, to) = (decision.Accounts.Single(a => a.Id == Wallet), decision.Accounts.Single(a => a.Id == Other));
        Assert.Equal((balance, stillHeld, received, 10), (from.Balance, from.DebitsPending, to.Balance, to.CreditsPending));
        var row = decision.Written.Single();
        Assert.Equal((20, balance, received, "test", G(77)), (row.PendingAmount!.Value, row.DebitBalance, row.CreditBalance, row.Code, row.Reference!.Value));
    }

    [Fact]
    public void A_balance_that_dips_within_a_batch_is_decided_in_the_order_of_arrival()
    {
        var decision = DecideTransfers.Run(Facts, [[T(G(101), amount: 60)], [T(G(102), amount: 60)], [T(G(103), House, Wallet, 50)], [T(G(104), amount: 60)]], Now);
        Assert.Equal("ok exceeds_credits ok ok", Say(decision));
        // Of one account no two have the same time.
        Assert.Equal(3, decision.Written.Select(t => t.CreatedAt).Distinct().Count());
        Assert.Equal([40, 90, 30], decision.Written.Select(t => t.Id == G(103) ? t.CreditBalance : t.DebitBalance));
    }

    [Fact]
    public void A_chain_stands_or_falls_as_one()
    {
        NewTransfer[] chain = [T(G(101), House, Other, 5) with { IsLinked = true }, T(G(102), amount: 71) with { IsLinked = true }, T(G(103), House, Other, 5)];
        var decision = DecideTransfers.Run(Facts, [[.. chain, T(G(104))], [T(G(105), Other, House, 1)]], Now);
        Assert.Equal("linked_event_failed exceeds_credits linked_event_failed ok exceeds_credits", Say(decision));
        Assert.Equal([G(104)], decision.Written.Select(t => t.Id));
        Assert.Equal((0, 0), (decision.Accounts.Single(a => a.Id == Other).Balance, Facts.Accounts[House].Balance));
        chain[1] = T(G(102), amount: 70) with { IsLinked = true };
        Assert.Equal("ok ok ok", Say(DecideTransfers.Run(Facts, [chain], Now)));
    }

    [Fact]
    public void A_chain_asked_for_again_is_there_as_a_whole_and_one_with_a_known_part_is_not()
    {
        NewTransfer[] chain = [T(Single1, House, Wallet, 100, about: G(77)) with { IsLinked = true }, T(Held, Wallet, Other, 20, phase: Pending, about: G(77))];
        Assert.Equal("exists exists", Say(DecideTransfers.Run(Facts, [chain], Now)));
        Assert.Equal("exists linked_event_failed", Say(DecideTransfers.Run(Facts, [[chain[0], T()]], Now)));
        Assert.Equal("linked_event_failed exists", Say(DecideTransfers.Run(Facts, [[T() with { IsLinked = true }, chain[1]]], Now)));
    }

    [Fact]
    public void The_last_transfer_of_a_request_is_linked_to_nothing()
    {
        Assert.Equal("linked_event_chain_open", Say(DecideTransfers.Run(Facts, [[T() with { IsLinked = true }]], Now)));
        Assert.Equal("ok linked_event_failed linked_event_chain_open", Say(DecideTransfers.Run(Facts,
            [[T(G(101)), T(G(102)) with { IsLinked = true }, T(G(103)) with { IsLinked = true }]], Now)));
    }

    [Fact]
    public void What_a_batch_writes_counts_for_what_comes_after_in_it()
    {
        var decision = DecideTransfers.Run(Facts, [[T(G(101), phase: Pending)], [T(G(101), phase: Pending)], [E(Post, G(101), G(102))], [E(TransferPhase.Void, G(101), G(103))],
            [T(G(104), amount: 71) with { KeepsRefusal = true }], [T(G(104))]], Now);
        Assert.Equal("ok exists ok pending_transfer_already_posted exceeds_credits id_already_failed", Say(decision));
        Assert.Equal([(G(104), TransferResult.ExceedsCredits)], decision.Refused);
    }

    static IReadOnlyList<TransferOutcome> Run(LedgerFacts facts, NewTransfer[] request) => DecideTransfers.Run(facts, [request], Now).Outcomes.Single();

    static string Say(LedgerDecision decision) => string.Join(' ', decision.Outcomes.SelectMany(o => o).Select(o => o.Result.Text()));
}
