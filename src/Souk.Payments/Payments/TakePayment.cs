using System.Security.Cryptography;
using Souk.Contracts;
using Souk.Payments.Providers;
using Souk.Platform.Idempotency;

namespace Souk.Payments.Payments;

/// <summary>
/// Takes the money of an order, once per customer and idempotency key. The payment and the job that will finish it are committed before the
/// provider is asked, so that no charge can be forgotten; then the caller's own thread drives it as far as it goes.
/// </summary>
/// <remarks>
/// An order has at most one payment that is pending or captured. Whoever comes second with another key is refused with 409 <c>payment_in_progress</c>;
/// with the same key they get the first payment, and drive it on if it has not ended.
/// </remarks>
internal sealed class TakePayment(NpgsqlDataSource db, PaymentWrites payments, TimeProvider clock, PaymentMethods methods, SettlePayment settle) : IPayments
{
    /// <param name="Key">The idempotency key.</param>
    /// <param name="Fingerprint">Of everything the client asked for.</param>
    public sealed record Request(PaymentDue Due, string Method, string? Token, string Key, byte[] Fingerprint);

    public sealed record Taken(Payment Payment, bool IsReplay);

    public Error? Refuse(string method, string? token) =>
        methods.Refuse(method) ?? (PayOrder.RefuseToken(token) is { } why ? Error.Invalid("/payment/token", why) : null);

    public async Task<Result<PaymentMade>> PayAsync(PaymentDue due, string method, string? token, string idempotencyKey, CancellationToken cancel)
    {
        var fingerprint = IdempotencyKey.Fingerprint(nameof(PayAsync), new { due.OrderId, method, token });
        if ((await ReplayAsync(due.CustomerId, idempotencyKey, fingerprint, cancel)).Refused(out var error, out var first)) return error;
        if (first is not null) return Made(first);
        if (methods.Refuse(method) is { } unavailable) return unavailable;
        if (PayOrder.RefuseToken(token) is { } why) return Error.Invalid("/payment/token", why);
        return (await PayOnceAsync(new(due, method, token, idempotencyKey, fingerprint), cancel)).Refused(out error, out var taken) ? error : Made(taken.Payment);
    }

    public async Task<string?> FindMethodAsync(Guid customerId, PaymentId payment, CancellationToken cancel) => (await Payment.FindAsync(db, customerId, payment, cancel))?.Method;

    /// <summary>What the first request with this key made, driven on; null for a new key. Refuses the key of another request.</summary>
    public async Task<Result<Payment?>> ReplayAsync(Guid customerId, string key, byte[] fingerprint, CancellationToken cancel)
    {
        var (first, itsFingerprint) = await db.QueryFirstAsync(FindByKey, static row => (Payment.Read(row), row.GetFieldValue<byte[]>(13)), [customerId, key], cancel);
        if (first is null) return (Payment?)null;
        if (!CryptographicOperations.FixedTimeEquals(itsFingerprint, fingerprint)) return IdempotencyKey.Reused;
        return (await settle.DriveAsync(first, isFresh: false, cancel)).Payment;
    }

    /// <summary>Makes the payment and drives it, or finds that a rival with the same key did. The due amount was checked by the caller.</summary>
    public async Task<Result<Taken>> PayOnceAsync(Request request, CancellationToken cancel)
    {
        var (due, customerId) = (request.Due, request.Due.CustomerId);
        while (true)
        {
            if ((await InsertAsync(request)).Refused(out var error, out var made)) return error;
            // From here on a caller who hangs up changes nothing: the money is on its way, and each step has a limit of its own.
            if (made is not null) return new Taken((await settle.DriveAsync(made, isFresh: true, CancellationToken.None)).Payment, IsReplay: false);

            if ((await ReplayAsync(customerId, request.Key, request.Fingerprint, cancel)).Refused(out error, out var first)) return error;
            if (first is not null) return new Taken(first, IsReplay: true);
            var (live, attempts) = await db.QueryFirstAsync(FindLive, static row => (row.Nullable<Guid>(0), row.GetInt64(1)), [customerId, due.OrderId.Value], cancel);
            if (live is { } other) return PaymentErrors.InProgress(new(other));
            if (attempts >= PaymentWrites.AttemptsMax) return PaymentErrors.AttemptsExceeded;
            // The payment that stood in the way was declined meanwhile. Each round needs another such, so there are at most PaymentWrites.AttemptsMax.
        }
    }

    /// <summary>The new payment, or null when something stands in its way.</summary>
    async Task<Result<Payment?>> InsertAsync(Request request)
    {
        var due = request.Due;
        try
        {
            return await payments.AddAsync(new(due.CustomerId, PaymentId.New(clock), due.OrderId, PaymentStatus.Pending, due.Amount, request.Method, request.Token,
                Reference: null, clock.GetUtcNow(), null, null, 1), request.Key, request.Fingerprint);
        }
        catch (PostgresException busy) when (busy.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            return IdempotencyKey.InProgress;
        }
    }

    static PaymentMade Made(Payment payment) => new(payment.Id, payment.Told.Status.Text());

    const string FindByKey = $"SELECT {Payment.Columns}, fingerprint FROM payments.payments WHERE customer_id = $1 AND idempotency_key = $2";

    const string FindLive = """
        SELECT (SELECT id FROM payments.payments WHERE customer_id = $1 AND order_id = $2 AND status IN ('pending', 'captured')),
               (SELECT count(*) FROM payments.payments WHERE customer_id = $1 AND order_id = $2)
        """;
}
