using Microsoft.AspNetCore.Mvc;
using Souk.Ordering.Guests;
using Souk.Ordering.Inventory;

namespace Souk.Ordering.Carts;

/// <summary><c>DELETE /v1/carts/{id}/holds</c>: what is held for the cart is free again. Where nothing is held, nothing happens: 204 all the same.</summary>
internal static class ReleaseHold
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapDelete("/v1/carts/{id}/holds", Handle).ForEveryone().WithName(nameof(ReleaseHold));

    static async Task<Results<NoContent, Error>> Handle(CartId id, Caller caller, [FromHeader(Name = GuestTokens.CartHeader)] string? cartToken, GuestTokens tokens,
        NpgsqlDataSource db, OrderingOptions options, TimeProvider clock, CancellationToken cancel)
    {
        if (StoredCart.CustomerOf(caller, cartToken, id, tokens) is not { } customer) return CartErrors.NotFound;
        return await RunAsync(db, customer, id, options, clock.GetUtcNow(), cancel) is { } refused ? refused : TypedResults.NoContent();
    }

    /// <summary>Refuses a cart that does not exist or became an order, whose stock is the order's.</summary>
    public static async Task<Error?> RunAsync(NpgsqlDataSource db, Guid customer, CartId id, OrderingOptions options, DateTimeOffset now, CancellationToken cancel)
    {
        await using var connection = await db.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if ((await CartStore.LockAsync(connection, customer, id, version: null, cancel)).Refused(out var error, out var cart)) return error;
        if (cart.Held is null) return null;
        await using var batch = connection.CreateBatch();
        AddRelease(batch, [new(customer, id.Value, cart.Held.Units)], options, now);
        await batch.ExecuteNonQueryAsync(cancel);
        await transaction.CommitAsync(cancel);
        return null;
    }

    /// <summary>A cart that holds, whose row the transaction has locked.</summary>
    internal sealed record Holding(Guid CustomerId, Guid CartId, IReadOnlyList<StockUnits> Units);

    /// <summary>Carts first, stock in order of variant then.</summary>
    internal static void AddRelease(NpgsqlBatch batch, IReadOnlyList<Holding> carts, OrderingOptions options, DateTimeOffset now)
    {
        batch.Add(Release, carts.Select(c => c.CustomerId).ToArray(), carts.Select(c => c.CartId).ToArray());
        batch.AddStockChanges(StockUnits.Reserving(carts.Select(c => c.Units), sign: -1), options, now);
    }

    const string Release = """
        UPDATE ordering.carts c SET held = NULL, held_until = NULL, hold_slot = NULL, version = c.version + 1
        FROM unnest($1::uuid[], $2::uuid[]) AS w (customer_id, id)
        WHERE c.customer_id = w.customer_id AND c.id = w.id
        """;
}
