using Souk.Payments.Payments;

namespace Souk.Payments.TopUps;

/// <summary>A top-up as its row stands. Its status is one of a payment's; it is never refunded.</summary>
/// <param name="Token">What the provider is asked with; gone once it has answered.</param>
/// <param name="CreditedAt">The wallet has the money.</param>
internal sealed record TopUp(Guid CustomerId, TopUpId Id, PaymentStatus Status, Money Amount, string Method, string? Token, DateTimeOffset CreatedAt, DateTimeOffset? CreditedAt, int Version)
{
    public string Path => $"/v1/me/wallet/top-ups/{Id}";

    /// <summary>What the customer sees of it: captured once the wallet has it.</summary>
    public TopUpAnswer Show() => new(Id, Status == PaymentStatus.Captured && CreditedAt is null ? PaymentStatus.Pending : Status, Amount, Method, CreatedAt);

    public const string Columns = "customer_id, id, status, amount, currency, method, token, created_at, credited_at, version";

    /// <summary>Reads <see cref="Columns"/>.</summary>
    public static TopUp Read(NpgsqlDataReader row) => new(row.GetGuid(0), new(row.GetGuid(1)),
        PaymentStates.Read(row.GetString(2)) ?? throw new InvalidOperationException($"A top-up has the status '{row.GetString(2)}'."),
        new(row.GetInt64(3), row.GetString(4)), row.GetString(5), row.NullableString(6), row.GetFieldValue<DateTimeOffset>(7), row.Nullable<DateTimeOffset>(8), row.GetInt32(9));

    public static Task<TopUp?> FindAsync(NpgsqlDataSource db, Guid customerId, TopUpId id, CancellationToken cancel) =>
        db.QueryFirstAsync(Find, Read, [customerId, id.Value], cancel);

    const string Find = $"SELECT {Columns} FROM payments.top_ups WHERE customer_id = $1 AND id = $2";
}

/// <param name="Status"><c>pending</c>; <c>captured</c>: the money is in the wallet; <c>declined</c>: nothing was taken.</param>
internal sealed record TopUpAnswer(TopUpId Id, PaymentStatus Status, Money Amount, string Method, DateTimeOffset CreatedAt);
