using Souk.Contracts;
using Souk.Platform.Jobs;
using Souk.Platform.Outbox;

namespace Souk.Payments.Payments;

/// <summary>How payments come to be and go on, those of all who pay at the same time written together.</summary>
internal sealed class PaymentWrites(NpgsqlDataSource db, BatchDatabase batches)
{
    /// <summary>Payments that may be tried for one order: enough for a shopper with three cards, too few for a thief with a list of them.</summary>
    public const int AttemptsMax = 20;

    sealed record New(Payment Of, string Key, byte[] Fingerprint);

    abstract record Change(Payment Of, DateTimeOffset Now)
    {
        public sealed record Status(Payment Of, DateTimeOffset Now, PaymentStatus To, string Reference, bool IsAccepted) : Change(Of, Now);
        public sealed record Accepted(Payment Of, DateTimeOffset Now) : Change(Of, Now);
    }

    // Batches apart, or those of two nodes could each make a payment of the order whose payment the other changes: making waits for those that change, and they wait
    // for nobody who makes.
    readonly SharedWrites<New, Payment?> made = new(batches, db, MakeAsync, static made => RowOf(made.Of));
    readonly SharedWrites<Change, Payment?> changed = new(batches, db, ChangeAsync, static change => RowOf(change.Of));

    /// <summary>
    /// Makes it, with the job that will finish it if nobody else does. Null when something stands in its way: a payment of this key, one of this order that is
    /// pending or captured, or too many tries. A rival is waited for until it commits.
    /// </summary>
    public Task<Payment?> AddAsync(Payment payment, string key, byte[] fingerprint) => made.RunAsync(new New(payment, key, fingerprint));

    /// <summary>Records an outcome with its row of history and its event; null when the payment is not where it was.</summary>
    /// <param name="isAccepted">The order has taken the money that is captured, and nothing is left to do.</param>
    public Task<Payment?> TryChangeAsync(Payment payment, PaymentStatus to, string reference, DateTimeOffset now, bool isAccepted) =>
        changed.RunAsync(new Change.Status(payment, now, to, reference, isAccepted));

    /// <summary>Notes that the order took the money; null when it has its answer already.</summary>
    public Task<Payment?> TryAcceptAsync(Payment payment, DateTimeOffset now) => changed.RunAsync(new Change.Accepted(payment, now));

    static async Task<IReadOnlyList<Payment?>> MakeAsync(NpgsqlBatch batch, IReadOnlyList<New> wanted)
    {
        var payments = wanted.Select(w => w.Of).ToList();
        batch.Add(Insert, [.. Keys(payments), payments.ConvertAll(p => p.OrderId.Value).ToArray(), wanted.Select(w => w.Key).ToArray(),
            wanted.Select(w => w.Fingerprint).ToArray(), payments.ConvertAll(p => p.Method).ToArray(), payments.ConvertAll(p => p.Token).ToArray(),
            payments.ConvertAll(p => p.Amount.Amount).ToArray(), payments.ConvertAll(p => p.Amount.Currency).ToArray(), payments.ConvertAll(p => p.CreatedAt).ToArray(), AttemptsMax,
            SettlePayment.JobType, Sql.Jsonbs(payments.Select(p => new SettlePayment.Job(p.CustomerId, p.Id))),
            payments.ConvertAll(p => p.CreatedAt + SettlePayment.ResumeAfter).ToArray()]);
        return Answers(payments, await batch.QueryLastAsync(1, Payment.Read));
    }

    static async Task<IReadOnlyList<Payment?>> ChangeAsync(NpgsqlBatch batch, IReadOnlyList<Change> wanted)
    {
        var (changed, accepted) = (wanted.OfType<Change.Status>().ToList(), wanted.OfType<Change.Accepted>().ToList());
        // Captured is no end: the order's commit, which follows, makes it durable, and until then the provider can be asked again. What Ordering said it says again.
        if (changed.TrueForAll(c => c.To is PaymentStatus.Captured && !c.IsAccepted)) batch.WithoutSync();
        var payments = wanted.Select(w => w.Of).ToList();
        batch.Add(Lock, Keys(payments));
        var statements = 0;
        if (changed.Count > 0)
        {
            statements++;
            batch.Add(ChangeStatus, [.. Keys(changed.Select(c => c.Of)), changed.ConvertAll(c => c.Of.Status.Text()).ToArray(), changed.ConvertAll(c => c.To.Text()).ToArray(),
                changed.ConvertAll(c => c.Reference).ToArray(), changed.ConvertAll(c => c.Now).ToArray(),
                Sql.Jsonbs(changed.Select(c => new PaymentStatusChanged(c.Of.Id, c.Of.OrderId, c.Of.CustomerId, c.To.Text(), c.Of.Amount))),
                Sql.Jsonbs(changed.Select(c => c.IsAccepted ? AcceptedOf(c.Of) : null))]);
        }
        if (accepted.Count > 0)
        {
            statements++;
            batch.Add(Accept, [.. Keys(accepted.Select(a => a.Of)), accepted.ConvertAll(a => a.Now).ToArray(), Sql.Jsonbs(accepted.Select(a => AcceptedOf(a.Of)))]);
        }
        return Answers(payments, await batch.QueryLastAsync(statements, Payment.Read));
    }

    static IReadOnlyList<Payment?> Answers(List<Payment> asked, List<Payment> written)
    {
        var done = written.ToDictionary(p => (p.CustomerId, p.Id));
        return asked.ConvertAll(p => done.GetValueOrDefault((p.CustomerId, p.Id)));
    }

    static PaymentAccepted AcceptedOf(Payment payment) => new(payment.Id, payment.OrderId, payment.CustomerId, payment.Method);

    static (Guid, Guid) RowOf(Payment payment) => (payment.CustomerId, payment.OrderId.Value);

    static object?[] Keys(IEnumerable<Payment> payments) => Sql.Pairs(payments.Select(p => (p.CustomerId, p.Id.Value)));

    const string Lock = """
        SELECT 1 FROM payments.payments p JOIN unnest($1::uuid[], $2::uuid[]) AS w (customer_id, id) ON p.customer_id = w.customer_id AND p.id = w.id
        WHERE p.customer_id = ANY($1) AND p.id = ANY($2)
        ORDER BY p.customer_id, p.id FOR NO KEY UPDATE OF p
        """;

    const string Insert = $"""
        WITH wanted AS MATERIALIZED (
            SELECT *
            FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bytea[], $6::text[], $7::text[], $8::bigint[], $9::text[], $10::timestamptz[], $13::jsonb[], $14::timestamptz[])
                AS w (customer_id, id, order_id, idempotency_key, fingerprint, method, token, amount, currency, now, job_args, job_due_at)
        ), made AS (
            INSERT INTO payments.payments (customer_id, id, order_id, idempotency_key, fingerprint, method, token, amount, currency, status, version, created_at)
            SELECT w.customer_id, w.id, w.order_id, w.idempotency_key, w.fingerprint, w.method, w.token, w.amount, w.currency, 'pending', 1, w.now
            FROM wanted w
            WHERE (SELECT count(*) FROM payments.payments p WHERE p.customer_id = w.customer_id AND p.order_id = w.order_id) < $11
            ON CONFLICT DO NOTHING
            RETURNING {Payment.Columns}
        ), queued AS (
            {JobQueue.EnqueueFrom}
            -- Under the id of the payment, by which it is withdrawn.
            SELECT w.id, $12, w.job_args, w.job_due_at FROM wanted w JOIN made m ON m.customer_id = w.customer_id AND m.id = w.id
        )
        SELECT {Payment.Columns} FROM made
        """;

    const string ChangeStatus = $"""
        WITH changed AS (
            UPDATE payments.payments p SET status = w.status, version = p.version + 1, token = NULL, provider_reference = w.reference,
                captured_at = CASE WHEN w.status = 'captured' THEN w.now ELSE p.captured_at END,
                declined_at = CASE WHEN w.status = 'declined' THEN w.now ELSE p.declined_at END,
                refunded_at = CASE WHEN w.status = 'refunded' THEN w.now ELSE p.refunded_at END,
                accepted_at = CASE WHEN w.accepted IS NOT NULL THEN w.now ELSE p.accepted_at END
            FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::jsonb[], $8::jsonb[])
                AS w (customer_id, id, was, status, reference, now, happened, accepted)
            WHERE p.customer_id = ANY($1) AND p.id = ANY($2) AND p.customer_id = w.customer_id AND p.id = w.id AND (p.status = w.was) IS NOT FALSE
            RETURNING p.*, w.was, w.now, w.happened, w.accepted
        ), noted AS (
            INSERT INTO payments.payment_changes (customer_id, payment_id, version, from_status, to_status, changed_at)
            SELECT customer_id, id, version, was, status, now FROM changed
        ), told AS (
            -- Making a payment tells nothing; its first change is version 2 of the payment and event 1.
            {Outbox.AppendFrom}
            SELECT 'payment.status_changed', id, version - 1, now, happened FROM changed
            UNION ALL
            SELECT 'payment.accepted', id, version, now, accepted FROM changed WHERE accepted IS NOT NULL
        ), withdrawn AS (
            {JobQueue.WithdrawFrom} changed c WHERE c.accepted IS NOT NULL AND j.id = c.id AND j.attempts = 0
        )
        SELECT {Payment.Columns} FROM changed
        """;

    const string Accept = $"""
        WITH accepted AS (
            UPDATE payments.payments p SET accepted_at = w.now
            FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::jsonb[]) AS w (customer_id, id, now, happened)
            WHERE p.customer_id = ANY($1) AND p.id = ANY($2) AND p.customer_id = w.customer_id AND p.id = w.id
                AND (p.status = 'captured' AND p.accepted_at IS NULL AND p.refused_at IS NULL) IS NOT FALSE
            RETURNING p.*, w.now, w.happened
        ), told AS (
            -- The last event of a payment; being captured was the one before.
            {Outbox.AppendFrom}
            SELECT 'payment.accepted', id, version, now, happened FROM accepted
        ), withdrawn AS (
            -- Nothing is left to do.
            {JobQueue.WithdrawFrom} accepted a WHERE j.id = a.id AND j.attempts = 0
        )
        SELECT {Payment.Columns} FROM accepted
        """;
}
