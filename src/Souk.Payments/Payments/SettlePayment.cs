using Souk.Contracts;
using Souk.Payments.Providers;
using Souk.Platform.Jobs;
using Souk.Platform.Telemetry;

namespace Souk.Payments.Payments;

/// <summary>
/// Drives a payment from wherever it stands to its end: ask the provider, record the answer, hand the money to the order, or give it back. It may be
/// cut off between any two instructions and started again, and several may drive one payment at once: the provider acts once per payment id,
/// Ordering accepts once per payment, and each outcome is recorded by a statement that names the state it starts from.
/// </summary>
/// <remarks>Nobody is asked while a transaction is open. The request drives; the job <see cref="JobType"/> takes up what a crash or a silent provider left.</remarks>
internal sealed class SettlePayment(NpgsqlDataSource db, PaymentWrites payments, TimeProvider clock, AskProvider provider, IOrdering ordering)
{
    public const string JobType = "payments.settle-payment";

    /// <summary>The job comes once the request that made the payment has surely ended, or died.</summary>
    public static readonly TimeSpan ResumeAfter = TimeSpan.FromSeconds(AskProvider.SecondsMax + 10);

    /// <summary>Many tries, since what waits is somebody's money.</summary>
    public static readonly JobPolicy Policy = new(AttemptsMax: 50, LeaseSecondsMax: 120);

    public sealed record Job(Guid CustomerId, PaymentId PaymentId);

    /// <param name="Waiting">Why it could not go on, or null when it came to its end.</param>
    public sealed record Driven(Payment Payment, string? Waiting);

    public static Task RunAsync(Job args, JobContext job, CancellationToken cancel) => job.Services.GetRequiredService<SettlePayment>().ResumeAsync(args, cancel);

    async Task ResumeAsync(Job args, CancellationToken cancel)
    {
        var payment = await Payment.FindAsync(db, args.CustomerId, args.PaymentId, cancel) ?? throw new InvalidOperationException($"{args.PaymentId} does not exist.");
        if ((await DriveAsync(payment, isFresh: false, cancel)).Waiting is { } why) throw new InvalidOperationException($"{args.PaymentId} waits: {why}");
    }

    /// <param name="isFresh">The provider has not been asked yet, so there is nothing to find out first.</param>
    public async Task<Driven> DriveAsync(Payment payment, bool isFresh, CancellationToken cancel)
    {
        try
        {
            while (payment.Next is not Step.Nothing and var step)
            {
                switch (step)
                {
                    case Step.AskProvider:
                        var charge = await provider.ChargeAsync(payment.Method, Charging(payment), payment.CreatedAt, isFresh, cancel);
                        var answeredAt = clock.GetUtcNow();
                        // What the order takes at once is captured and accepted in one. Cut off before that, provider and order say the same when they are asked again.
                        var no = charge.IsCaptured ? await OfferAsync(payment, cancel) : null;
                        payment = await ChangeAsync(payment, charge.IsCaptured ? PaymentStatus.Captured : PaymentStatus.Declined, charge.Reference, answeredAt,
                            isAccepted: charge.IsCaptured && no is null, cancel);
                        if (IsNotNow(no)) return new(payment, no!.Message);
                        break;
                    case Step.AskOrdering:
                        no = await OfferAsync(payment, cancel);
                        if (IsNotNow(no)) return new(payment, no!.Message);
                        payment = await NoteAsync(payment, isPaid: no is null, cancel);
                        break;
                    case Step.GiveBack:
                        await provider.RefundAsync(payment.Method, Charging(payment), cancel);
                        payment = await ChangeAsync(payment, PaymentStatus.Refunded, payment.Reference!, clock.GetUtcNow(), isAccepted: false, cancel);
                        break;
                }
            }
            return new(payment, null);
        }
        catch (ProviderSilentException silent)
        {
            return new(payment, silent.Message);
        }
    }

    /// <summary>Pays the order with it; null, or why it would not take the money.</summary>
    async Task<Error?> OfferAsync(Payment payment, CancellationToken cancel) =>
        (await ordering.RecordPaymentAsync(payment.CustomerId, payment.OrderId, payment.Id, payment.Amount, cancel)).Refused(out var no, out _) ? no : null;

    /// <summary>"Not now" is no refusal: only a definite no gives the money back.</summary>
    static bool IsNotNow(Error? no) => no is { Status: >= 500 };

    static Charging Charging(Payment payment) => new(payment.Id, payment.CustomerId, payment.Amount, payment.Token);

    /// <summary>Records an outcome with its row of history and its event, or finds that somebody else did; answers the payment as it stands.</summary>
    async Task<Payment> ChangeAsync(Payment payment, PaymentStatus to, string reference, DateTimeOffset now, bool isAccepted, CancellationToken cancel)
    {
        if (!PaymentStates.Transitions.Contains((payment.Status, to))) throw new InvalidOperationException($"{payment.Id} cannot go from {payment.Status} to {to}.");
        if (await payments.TryChangeAsync(payment, to, reference, now, isAccepted) is not { } changed) return await ReadAgainAsync(payment, cancel);
        Measures.PaymentEnded(to.Text());
        return changed;
    }

    /// <summary>Notes what Ordering said; a payment that already has its answer keeps it. Ordering says the same when it is asked again.</summary>
    async Task<Payment> NoteAsync(Payment payment, bool isPaid, CancellationToken cancel) => (isPaid ? await payments.TryAcceptAsync(payment, clock.GetUtcNow())
        : await db.QueryFirstUnsyncedAsync(Refuse, Payment.Read, [payment.CustomerId, payment.Id.Value, clock.GetUtcNow()], cancel)) ?? await ReadAgainAsync(payment, cancel);

    async Task<Payment> ReadAgainAsync(Payment payment, CancellationToken cancel) =>
        await Payment.FindAsync(db, payment.CustomerId, payment.Id, cancel) ?? throw new InvalidOperationException($"{payment.Id} is gone.");

    const string Refuse = $"""
        UPDATE payments.payments SET refused_at = $3
        WHERE customer_id = $1 AND id = $2 AND status = 'captured' AND accepted_at IS NULL AND refused_at IS NULL
        RETURNING {Payment.Columns}
        """;
}
