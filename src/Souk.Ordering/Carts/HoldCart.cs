using Microsoft.AspNetCore.Mvc;
using Souk.Ordering.Guests;
using Souk.Ordering.Inventory;
using Souk.Ordering.Orders;

namespace Souk.Ordering.Carts;

/// <summary>
/// <c>POST /v1/carts/{id}/holds</c>: reserves what is in the cart for some minutes, so that nobody else buys it while the shopper pays. The order of this cart
/// uses it; else it is released once, by whatever comes first: expiry, <c>DELETE</c>, the order. Holding again takes the lines as they are now and does not
/// prolong; sending it twice changes nothing more.
/// </summary>
/// <remarks>
/// All of the cart or nothing. Refusals, in this order: 404 <c>cart_not_found</c>, 409 <c>cart_ordered</c>, 422 <c>cart_empty</c>, 409 <c>hold_too_large</c>,
/// 409 <c>holds_full</c>, 409 <c>insufficient_stock</c>.
/// </remarks>
internal static class HoldCart
{
    /// <summary>Carts that one customer holds at once; the table repeats it.</summary>
    public const int HoldsMax = 3;

    /// <summary>A rival that takes the same slot makes us choose again; each time one of them has succeeded.</summary>
    const int TriesMax = HoldsMax + 1;

    const string SlotIsTaken = "carts_hold_slots";

    /// <param name="Lines">What is held, as the cart has it.</param>
    /// <param name="ExpiresAt">Then it is free again.</param>
    /// <param name="CartVersion">Of the cart, which a hold changes.</param>
    public sealed record Hold(CartId CartId, IReadOnlyList<StoredCart.Line> Lines, DateTimeOffset ExpiresAt, int CartVersion);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/carts/{id}/holds", Handle).ForEveryone().WithName(nameof(HoldCart));

    static async Task<Results<Created<Hold>, Error>> Handle(CartId id, Caller caller, [FromHeader(Name = GuestTokens.CartHeader)] string? cartToken, GuestTokens tokens,
        NpgsqlDataSource db, Kits kits, OrderingOptions options, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        if (StoredCart.CustomerOf(caller, cartToken, id, tokens) is not { } customer) return CartErrors.NotFound;
        var components = await kits.AllAsync(cancel);
        for (var attempt = 1; ; attempt++)
        {
            (IReadOnlyList<StoredCart.Line> lines, IReadOnlyList<StockUnits> wanted) = ([], []);
            try
            {
                if ((await SaveAsync(db, customer, id, Wanted, options, clock.GetUtcNow(), cancel)).Refused(out var refused, out var hold)) return refused;
                http.Response.Headers.CacheControl = "private, no-store";
                return TypedResults.Created($"/v1/carts/{id}/holds", hold);
            }
            catch (PostgresException taken) when (taken.ConstraintName == SlotIsTaken && attempt < TriesMax)
            {
            }
            catch (PostgresException no) when (no.ConstraintName is ChangeStock.NotOversold or ChangeStock.WasStocked)
            {
                var missing = await ChangeStock.ShortAsync(db, [.. wanted.Select(u => (u.VariantId, u.Quantity))]);
                // Told by the lines that need it, as itself or in a kit.
                if (missing.Count > 0 || attempt == TriesMax)
                    return StockErrors.Insufficient([.. lines.Select(l => l.VariantId)
                        .Where(v => components.TryGetValue(v, out var parts) ? parts.Any(part => missing.Contains(part.VariantId)) : missing.Contains(v))]);
            }

            IReadOnlyList<StockUnits> Wanted(StoredCart cart) => ((lines, wanted) = (cart.Lines, UnitsOf(cart, components))).wanted;
        }
    }

    /// <summary>Locks the cart, then stock: the one order of the shop. What the cart holds already is part of what it wants.</summary>
    static async Task<Result<Hold>> SaveAsync(NpgsqlDataSource db, Guid customer, CartId id, Func<StoredCart, IReadOnlyList<StockUnits>> unitsOf, OrderingOptions options,
        DateTimeOffset now, CancellationToken cancel)
    {
        await using var connection = await db.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if ((await CartStore.LockAsync(connection, customer, id, version: null, cancel)).Refused(out var error, out var cart)) return error;
        var wanted = unitsOf(cart);
        if (Refuse(wanted, options.CartHoldUnitsMax) is { } refusal) return refusal;
        // One that is over and not released yet begins anew.
        var expires = cart.Held?.Until is { } until && until > now ? until : now + options.CartHoldTime;
        var change = Difference(wanted, cart.Held?.Units);
        if (change.Count == 0 && expires == cart.Held?.Until) return new Hold(id, cart.Lines, expires, cart.Version);
        var slot = cart.Held?.Slot ?? FreeSlot(await connection.QueryAsync(Slots, static row => row.GetInt16(0), [customer], cancel));
        if (slot is not { } place) return CartErrors.HoldsFull;

        await using var batch = connection.CreateBatch().Add(Keep, customer, id.Value, Sql.Jsonb(wanted), expires, place);
        batch.AddStockChanges([.. change.Select(u => new ChangeStock.Change(u.VariantId, 0, u.Quantity))], options, now);
        await batch.ExecuteNonQueryAsync(cancel);
        await transaction.CommitAsync(cancel);
        return new Hold(id, cart.Lines, expires, cart.Version + 1);
    }

    static IReadOnlyList<StockUnits> UnitsOf(StoredCart cart, IReadOnlyDictionary<VariantId, IReadOnlyList<StockUnits>> kits) =>
        StockUnits.Of(cart.Lines.Select(l => new StoredOrder.Line(l.VariantId, "", "", l.Quantity, 0, 0, kits.GetValueOrDefault(l.VariantId))));

    /// <summary>What must be reserved besides, or comes back.</summary>
    internal static IReadOnlyList<StockUnits> Difference(IReadOnlyList<StockUnits> wanted, IReadOnlyList<StockUnits>? held) =>
        StockUnits.Of(wanted.Select(u => new StoredOrder.Line(u.VariantId, "", "", u.Quantity, 0, 0)), held);

    internal static Error? Refuse(IReadOnlyList<StockUnits> wanted, int unitsMax) => wanted.Count == 0 ? OrderErrors.CartEmpty
        : wanted.Sum(u => (long)u.Quantity) > unitsMax ? CartErrors.HoldTooLarge(unitsMax) : null;

    /// <summary>The first that no cart of the customer has; null when all are taken.</summary>
    internal static short? FreeSlot(IReadOnlyCollection<short> taken) => Enumerable.Range(1, HoldsMax).Select(slot => (short?)slot).FirstOrDefault(slot => !taken.Contains(slot!.Value));

    const string Slots = "SELECT hold_slot FROM ordering.carts WHERE customer_id = $1 AND hold_slot IS NOT NULL";

    const string Keep = """
        UPDATE ordering.carts SET held = $3, held_until = $4, hold_slot = $5, version = version + 1 WHERE customer_id = $1 AND id = $2
        """;
}
