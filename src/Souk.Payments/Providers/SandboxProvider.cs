using System.Security.Cryptography;

namespace Souk.Payments.Providers;

/// <summary>
/// Plays a payment service, without money: it keeps books of its own, so that a test can ask the other side how often it was charged. The token
/// chooses what happens: none or <c>tok_ok</c> captures; <c>tok_timeout</c> captures and the answer is lost; <c>tok_unavailable</c> fails before
/// anything is taken; all else, like <c>tok_declined</c>, is declined.
/// </summary>
internal sealed class SandboxProvider(NpgsqlDataSource db, TimeProvider clock) : IPaymentProvider
{
    public const string Method = "sandbox";

    public async Task<Charge> ChargeAsync(Charging payment, CancellationToken cancel)
    {
        var (id, _, amount, token) = payment;
        if (token == "tok_unavailable") throw new ProviderSilentException("The sandbox was told to be away.");
        var outcome = token is null or "tok_ok" or "tok_timeout" ? "captured" : "declined";
        var booked = (await AskAsync(Book, [id.Value, NewReference(), outcome, amount.Amount, amount.Currency, clock.GetUtcNow()], cancel))!;
        if (booked.Amount is { } first && first != amount)
            throw new InvalidOperationException($"{id} was charged with {first} and asked again with {amount}.");
        return token == "tok_timeout" ? throw new ProviderSilentException("The sandbox was told to lose its answer.") : booked.Charge;
    }

    public async Task<Charge?> FindAsync(Charging payment, CancellationToken cancel) => (await AskAsync(Find, [payment.Id.Value], cancel))?.Charge;

    public async Task<Charge> CancelAsync(Charging payment, CancellationToken cancel) =>
        (await AskAsync(Close, [payment.Id.Value, NewReference(), clock.GetUtcNow()], cancel))!.Charge;

    public async Task RefundAsync(Charging payment, CancellationToken cancel)
    {
        if (await AskAsync(Refund, [payment.Id.Value, clock.GetUtcNow()], cancel) is null)
            throw new InvalidOperationException($"{payment.Id} holds no money that could be given back.");
    }

    sealed record Booked(string Status, string Reference, Money? Amount)
    {
        public Charge Charge => new(Status is "captured" or "refunded", Reference);
    }

    /// <summary>On a connection of its own, never in a transaction of the shop. What fails here is a service that cannot be reached.</summary>
    async Task<Booked?> AskAsync(string sql, object?[] args, CancellationToken cancel)
    {
        try
        {
            return await db.QueryFirstAsync(sql,
                static row => new Booked(row.GetString(0), row.GetString(1), row.Nullable<long>(2) is { } amount ? new Money(amount, row.GetString(3)) : null), args, cancel);
        }
        catch (NpgsqlException away)
        {
            throw new ProviderSilentException("The sandbox cannot reach its books.", away);
        }
    }

    static string NewReference() => "sbx_" + RandomNumberGenerator.GetHexString(24, lowercase: true);

    // The second time only counts: what was done for an id stays.
    const string Book = """
        INSERT INTO payments.sandbox_charges AS c (payment_id, reference, status, amount, currency, asked, refunds, charged_at)
        VALUES ($1, $2, $3, $4, $5, 1, 0, $6)
        ON CONFLICT (payment_id) DO UPDATE SET asked = c.asked + 1
        RETURNING c.status, c.reference, c.amount, c.currency
        """;

    const string Find = "SELECT status, reference, amount, currency FROM payments.sandbox_charges WHERE payment_id = $1";

    const string Close = """
        INSERT INTO payments.sandbox_charges AS c (payment_id, reference, status, asked, refunds, charged_at)
        VALUES ($1, $2, 'cancelled', 1, 0, $3)
        ON CONFLICT (payment_id) DO UPDATE SET asked = c.asked + 1
        RETURNING c.status, c.reference, c.amount, c.currency
        """;

    const string Refund = """
        UPDATE payments.sandbox_charges
        SET status = 'refunded', refunded_at = coalesce(refunded_at, $2), refunds = refunds + 1
        WHERE payment_id = $1 AND status IN ('captured', 'refunded')
        RETURNING status, reference, amount, currency
        """;
}
