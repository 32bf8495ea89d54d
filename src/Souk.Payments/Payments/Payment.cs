namespace Souk.Payments.Payments;

/// <summary>A payment as its row stands.</summary>
/// <param name="CustomerId">Whom the order belongs to.</param>
/// <param name="Token">What the provider is asked with; gone once it has answered.</param>
/// <param name="Reference">The provider's name for the charge; null until it has answered.</param>
/// <param name="AcceptedAt">The order took the money.</param>
/// <param name="RefusedAt">The order would not take it.</param>
internal sealed record Payment(Guid CustomerId, PaymentId Id, OrderId OrderId, PaymentStatus Status, Money Amount, string Method, string? Token, string? Reference,
    DateTimeOffset CreatedAt, DateTimeOffset? AcceptedAt, DateTimeOffset? RefusedAt, int Version)
{
    public Step Next => PaymentStates.Next(Status, AcceptedAt is not null, RefusedAt is not null);

    public string Path => $"/v1/orders/{OrderId}/payments/{Id}";

    /// <summary>
    /// As customers are told of it: money that the order has not taken yet, or would not take, is no payment. Until it is accepted, or given back, the payment is
    /// pending, as it was before, for it may end either way.
    /// </summary>
    public Payment Told => Status is PaymentStatus.Captured && AcceptedAt is null ? this with { Status = PaymentStatus.Pending, Version = Version - 1 } : this;

    /// <summary>What a customer sees of it.</summary>
    public PaymentAnswer Show() => new(Id, OrderId, Told.Status, Amount, Method, CreatedAt, Told.Version);

    public const string Columns = """
        customer_id, id, order_id, status, amount, currency, method, token, provider_reference, created_at, accepted_at, refused_at, version
        """;

    /// <summary>Reads <see cref="Columns"/>.</summary>
    public static Payment Read(NpgsqlDataReader row) => new(row.GetGuid(0), new(row.GetGuid(1)), new(row.GetGuid(2)),
        PaymentStates.Read(row.GetString(3)) ?? throw new InvalidOperationException($"A payment has the status '{row.GetString(3)}'."),
        new(row.GetInt64(4), row.GetString(5)), row.GetString(6), row.NullableString(7), row.NullableString(8), row.GetFieldValue<DateTimeOffset>(9),
        row.Nullable<DateTimeOffset>(10), row.Nullable<DateTimeOffset>(11), row.GetInt32(12));

    public static Task<Payment?> FindAsync(NpgsqlDataSource db, Guid customerId, PaymentId id, CancellationToken cancel) =>
        db.QueryFirstAsync(Find, Read, [customerId, id.Value], cancel);

    const string Find = $"SELECT {Columns} FROM payments.payments WHERE customer_id = $1 AND id = $2";
}

/// <param name="Status">pending, captured, declined, refunded.</param>
/// <param name="Version">Counts its changes, 1 for one just made.</param>
internal sealed record PaymentAnswer(PaymentId Id, OrderId OrderId, PaymentStatus Status, Money Amount, string Method, DateTimeOffset CreatedAt, int Version);
