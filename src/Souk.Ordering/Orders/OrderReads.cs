using Souk.Ordering.Guests;

namespace Souk.Ordering.Orders;

/// <summary>Orders of customers as they stand, read together for all who ask at the same time.</summary>
internal sealed class OrderReads(NpgsqlDataSource db, GuestTokens tokens)
{
    readonly SharedReads<(Guid, Guid), StoredOrder> reads = new(db, Find, static row => new((row.GetGuid(0), row.GetGuid(1)), StoredOrder.Read(row)), Sql.Pairs);

    /// <summary>Null when the customer has no such order.</summary>
    public async Task<StoredOrder?> FindAsync(Guid customer, OrderId id, CancellationToken cancel) =>
        (await reads.FindAsync([(customer, id.Value)], cancel)).GetValueOrDefault((customer, id.Value));

    /// <summary>An order that the caller may see: as <see cref="StoredOrder.CustomerOf"/> says, or one that the account has claimed. Null for any other.</summary>
    public async Task<StoredOrder?> FindOwnAsync(Guid? accountId, string? orderToken, OrderId id, CancellationToken cancel)
    {
        if (StoredOrder.CustomerOf(accountId, orderToken, tokens, id) is not { } customer) return null;
        return await FindAsync(customer, id, cancel)
            ?? (accountId is { } account ? await db.QueryFirstAsync(FindClaimed, StoredOrder.Read, [account, id.Value], cancel) : null);
    }

    const string Find = $"""
        SELECT {StoredOrder.Columns}
        FROM unnest($1::uuid[], $2::uuid[]) AS w (customer_id, id)
        CROSS JOIN LATERAL (SELECT * FROM ordering.orders o WHERE o.customer_id = w.customer_id AND o.id = w.id LIMIT 1) AS o
        """;

    const string FindClaimed = $"""
        SELECT {StoredOrder.Columns} FROM ordering.customer_aliases a JOIN ordering.orders o ON o.customer_id = a.guest_id WHERE a.account_id = $1 AND o.id = $2
        """;
}
