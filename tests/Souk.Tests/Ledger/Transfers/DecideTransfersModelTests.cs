using System.Globalization;
using Souk.Ledger.Accounts;
using Souk.Ledger.Transfers;
using static Souk.Ledger.Transfers.TransferPhase;

namespace Souk.Tests.Ledger.Transfers;

/// <summary>
/// Random transfers against a model that counts nothing: it keeps what was accepted and adds all of it up for each question. The seed is printed with a failure
/// (<c>SOUK_TEST_SEED</c> repeats it).
/// </summary>
public sealed class DecideTransfersModelTests
{
    static readonly int Seed = Environment.GetEnvironmentVariable("SOUK_TEST_SEED") is { } given ? int.Parse(given, CultureInfo.InvariantCulture) : Random.Shared.Next();

    static readonly (Guid Id, AccountLimit Limit, string Currency)[] Accounts =
        [(G(1), AccountLimit.Credits, "USD"), (G(2), AccountLimit.Credits, "USD"), (G(3), AccountLimit.Debits, "USD"),
        (G(4), AccountLimit.None, "USD"), (G(5), AccountLimit.None, "USD"), (G(6), AccountLimit.None, "EUR")];

    static Guid G(int n) => new($"00000000-0000-7000-8000-{n:000000000000}");

    [Fact]
    public void Decides_as_a_naive_model_does()
    {
        var seen = new Dictionary<TransferResult, int>();
        for (var history = 0; history < 150; history++)
        {
            var (random, now) = (new Random(HashCode.Combine(Seed, history)), new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));
            var model = new Model(now);
            var accounts = Accounts.ToDictionary(a => a.Id, a => new AccountState(a.Id, a.Currency, a.Limit, 0, 0, 0, 0, now));
            var (transfers, ends, refused) = (new Dictionary<Guid, StoredTransfer>(), new Dictionary<Guid, StoredTransfer>(), new HashSet<Guid>());
            List<NewTransfer[]> sent = [];
            for (var step = 0; step < 25; step++)
            {
                now = now.AddMilliseconds(random.Next(3) * 700);
                // Some are sent again.
                IReadOnlyList<NewTransfer>[] requests = [.. Enumerable.Range(0, random.Next(1, 5))
                    .Select(_ => sent.Count > 0 && random.Next(8) == 0 ? sent[random.Next(sent.Count)] : Request(random))];
                sent.AddRange(requests.Cast<NewTransfer[]>());
                var decision = DecideTransfers.Run(new(accounts, transfers, ends, refused), requests, now);
                var expected = requests.SelectMany(request => model.Request(request, now)).ToList();
                var got = decision.Outcomes.SelectMany(o => o).Select(o => o.Result).ToList();
                Assert.True(expected.SequenceEqual(got), $"seed {Seed}, history {history}, step {step}: {string.Join(", ", got)} instead of {string.Join(", ", expected)}");
                foreach (var result in got) seen[result] = seen.GetValueOrDefault(result) + 1;

                foreach (var row in decision.Written)
                {
                    transfers.Add(row.Id, row);
                    if (row.PendingId is { } ended) ends.Add(ended, row);
                }
                foreach (var account in decision.Accounts) accounts[account.Id] = account;
                refused.UnionWith(decision.Refused.Select(r => r.Id));
                foreach (var account in accounts.Values)
                {
                    Assert.True(model.Sums(account.Id) == (account.DebitsPending, account.DebitsPosted, account.CreditsPending, account.CreditsPosted),
                        $"seed {Seed}, history {history}, step {step}: {account}");
                    Assert.True(account.Limit != AccountLimit.Credits || account.DebitsPending + account.DebitsPosted <= account.CreditsPosted, $"seed {Seed}, history {history}: overspent");
                }
                Assert.Equal(accounts.Values.Sum(a => a.DebitsPosted), accounts.Values.Sum(a => a.CreditsPosted));
                Assert.Equal(accounts.Values.Sum(a => a.DebitsPending), accounts.Values.Sum(a => a.CreditsPending));
            }
        }
        // The histories go where it matters.
        TransferResult[] often = [TransferResult.Ok, TransferResult.Exists, TransferResult.LinkedEventFailed, TransferResult.ExceedsCredits, TransferResult.ExceedsDebits,
            TransferResult.IdAlreadyFailed, TransferResult.PendingTransferExpired, TransferResult.PendingTransferAlreadyPosted, TransferResult.PendingTransferAlreadyVoided,
            TransferResult.ExceedsPendingTransferAmount];
        foreach (var result in often)
            Assert.True(seen.GetValueOrDefault(result) > 10, $"seed {Seed}: {result} came {seen.GetValueOrDefault(result)} times");
    }

    static NewTransfer[] Request(Random random)
    {
        var request = new NewTransfer[random.Next(1, 4)];
        for (var i = 0; i < request.Length; i++)
        {
            var phase = (TransferPhase)random.Next(5);
            var (id, from, to) = (G(100 + random.Next(phase == Pending ? 20 : 60)), Accounts[random.Next(Accounts.Length)].Id, Accounts[random.Next(Accounts.Length)].Id);
            request[i] = phase is TransferPhase.Single or Pending
                ? new NewTransfer(id, from, to, random.Next(0, 40), random.Next(12) == 0 ? "EUR" : "USD", "test")
                    { Phase = phase, TimeoutSeconds = phase == Pending && random.Next(2) == 0 ? random.Next(1, 4) : null }
                : NewTransfer.Ending(id, G(100 + random.Next(20)), phase, random.Next(3) == 0 ? random.Next(1, 30) : null);
            request[i] = request[i] with { IsLinked = random.Next(4) == 0, KeepsRefusal = random.Next(6) == 0 };
        }
        return request;
    }

    /// <summary>All that was accepted, in order; every question adds it up from the beginning.</summary>
    sealed class Model(DateTimeOffset began)
    {
        sealed record Kept(NewTransfer Wanted, Guid From, Guid To, long Amount, DateTimeOffset At);

        List<Kept> kept = [];
        readonly HashSet<Guid> refused = [];

        public (long DebitsPending, long DebitsPosted, long CreditsPending, long CreditsPosted) Sums(Guid account) =>
            (Waiting(k => k.From == account), Moved(k => k.From == account), Waiting(k => k.To == account), Moved(k => k.To == account));

        long Moved(Func<Kept, bool> which) => kept.Where(k => k.Wanted.Phase is TransferPhase.Single or Post).Where(which).Sum(k => k.Amount);

        long Waiting(Func<Kept, bool> which) => kept.Where(k => k.Wanted.Phase == Pending && EndOf(k.Wanted.Id) is null).Where(which).Sum(k => k.Amount);

        Kept? EndOf(Guid pending) => kept.Find(k => k.Wanted.PendingId == pending);

        public IEnumerable<TransferResult> Request(IReadOnlyList<NewTransfer> request, DateTimeOffset now)
        {
            for (var i = 0; i < request.Count;)
            {
                List<NewTransfer> chain = [];
                do chain.Add(request[i]); while (request[i++].IsLinked && i < request.Count);
                foreach (var result in Chain(chain, now)) yield return result;
            }
        }

        List<TransferResult> Chain(List<NewTransfer> chain, DateTimeOffset now)
        {
            var isOpen = chain[^1].IsLinked;
            if (chain.Count > 1 && !isOpen && chain.TrueForAll(t => One(t, now, []).Result == TransferResult.Exists)) return [.. chain.Select(_ => TransferResult.Exists)];
            var before = kept.ToList();
            for (var i = 0; i < chain.Count; i++)
            {
                var (result, next) = isOpen && i == chain.Count - 1 ? (TransferResult.LinkedEventChainOpen, null) : One(chain[i], now, refused);
                if (result == TransferResult.Ok) kept = [.. kept, next!];
                else
                {
                    var isOfTheMoment = result is TransferResult.ExceedsCredits or TransferResult.ExceedsDebits or TransferResult.PendingTransferNotFound;
                    if (chain[i].KeepsRefusal && isOfTheMoment) refused.Add(chain[i].Id);
                    kept = before;
                    return [.. chain.Select((_, n) => n == i ? result : TransferResult.LinkedEventFailed)];
                }
            }
            return [.. chain.Select(_ => TransferResult.Ok)];
        }

        (TransferResult Result, Kept? Next) One(NewTransfer t, DateTimeOffset now, HashSet<Guid> failed)
        {
            if (kept.Find(k => k.Wanted.Id == t.Id) is { } known) return (Same(t, known), null);
            if (failed.Contains(t.Id)) return (TransferResult.IdAlreadyFailed, null);
            if (t.Phase is TransferPhase.Single or Pending)
            {
                var ((_, fromLimit, fromCurrency), (_, toLimit, toCurrency)) = (Accounts.Single(a => a.Id == t.DebitAccountId), Accounts.Single(a => a.Id == t.CreditAccountId));
                var (from, to) = (Sums(t.DebitAccountId), Sums(t.CreditAccountId));
                return t.DebitAccountId == t.CreditAccountId ? (TransferResult.AccountsMustBeDifferent, null)
                    : t.Amount == 0 ? (TransferResult.AmountMustNotBeZero, null)
                    : fromCurrency != toCurrency ? (TransferResult.AccountsMustHaveTheSameCurrency, null)
                    : t.Currency != fromCurrency ? (TransferResult.TransferMustHaveTheSameCurrencyAsAccounts, null)
                    : fromLimit == AccountLimit.Credits && from.CreditsPosted - from.DebitsPosted - from.DebitsPending < t.Amount ? (TransferResult.ExceedsCredits, null)
                    : toLimit == AccountLimit.Debits && to.DebitsPosted - to.CreditsPosted - to.CreditsPending < t.Amount ? (TransferResult.ExceedsDebits, null)
                    : (TransferResult.Ok, new(t, t.DebitAccountId, t.CreditAccountId, t.Amount!.Value, At(t.DebitAccountId, t.CreditAccountId)));
            }
            if (t.PendingId == t.Id) return (TransferResult.PendingIdMustBeDifferent, null);
            if (kept.Find(k => k.Wanted.Id == t.PendingId) is not { } pending) return (TransferResult.PendingTransferNotFound, null);
            if (pending.Wanted.Phase != Pending) return (TransferResult.PendingTransferNotPending, null);
            if (t.Amount > pending.Amount) return (TransferResult.ExceedsPendingTransferAmount, null);
            if (t.Phase != Post && t.Amount is { } part && part != pending.Amount) return (TransferResult.PendingTransferHasDifferentAmount, null);
            if (EndOf(pending.Wanted.Id) is { } end)
                return (end.Wanted.Phase == Post ? TransferResult.PendingTransferAlreadyPosted
                    : end.Wanted.Phase == TransferPhase.Void ? TransferResult.PendingTransferAlreadyVoided : TransferResult.PendingTransferExpired, null);
            var at = At(pending.From, pending.To);
            var isDue = pending.Wanted.TimeoutSeconds is { } seconds && at >= pending.At.AddSeconds(seconds);
            return isDue && t.Phase != Expire ? (TransferResult.PendingTransferExpired, null)
                : !isDue && t.Phase == Expire ? (TransferResult.PendingTransferNotDue, null)
                : (TransferResult.Ok, new(t, pending.From, pending.To, t.Amount ?? pending.Amount, at));

            DateTimeOffset At(Guid one, Guid other)
            {
                var last = kept.Where(k => k.From == one || k.To == one || k.From == other || k.To == other).Select(k => k.At).Append(began).Max();
                return now > last ? now : last.AddMicroseconds(1);
            }
        }

        static TransferResult Same(NewTransfer t, Kept known)
        {
            var isEnd = known.Wanted.Phase is not (TransferPhase.Single or Pending);
            return t.Phase != known.Wanted.Phase ? TransferResult.ExistsWithDifferentPhase
                : t.PendingId != known.Wanted.PendingId ? TransferResult.ExistsWithDifferentPendingId
                : t.TimeoutSeconds != known.Wanted.TimeoutSeconds ? TransferResult.ExistsWithDifferentTimeout
                : !isEnd && t.DebitAccountId != known.From ? TransferResult.ExistsWithDifferentDebitAccountId
                : !isEnd && t.CreditAccountId != known.To ? TransferResult.ExistsWithDifferentCreditAccountId
                : t.Amount != known.Wanted.Amount
                    && !(isEnd && (t.Amount ?? known.Amount) == known.Amount && (t.Amount is not null || known.Wanted.Amount is null)) ? TransferResult.ExistsWithDifferentAmount
                : !isEnd && t.Currency != known.Wanted.Currency ? TransferResult.ExistsWithDifferentCurrency
                : TransferResult.Exists;
        }
    }
}
