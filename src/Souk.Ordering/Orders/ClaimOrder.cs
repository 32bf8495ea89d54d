using Microsoft.AspNetCore.Mvc;
using Souk.Ordering.Guests;
using Souk.Platform;

namespace Souk.Ordering.Orders;

/// <summary>
/// <c>POST /v1/orders/{id}/claim</c> with <c>Souk-Order-Token</c>: an account takes over what it ordered as a guest. From then on it sees, pays and cancels the
/// orders of that guest as its own, without the token. The orders stay under the guest: nothing moves. Claiming again answers the same.
/// </summary>
/// <remarks>
/// The token is the proof: only who placed the order got it. Refusals, in this order: 401, 404 for a token that does not open this order, 409
/// <c>order_claimed</c> by another account, 409 <c>claims_full</c>.
/// </remarks>
internal static class ClaimOrder
{
    /// <summary>Guests that one account may have been.</summary>
    public const int GuestsMax = 100;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/orders/{id}/claim", Handle).ForSignedIn().WithName(nameof(ClaimOrder));

    static async Task<Results<Ok<Order>, Error>> Handle(OrderId id, Caller caller, [FromHeader(Name = GuestTokens.OrderHeader)] string? orderToken, GuestTokens tokens,
        OrderReads orders, NpgsqlDataSource db, PersonalData people, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        var account = caller.RequiredAccountId;
        if (!tokens.TryRead(GuestTokens.Order, orderToken, out var guest, out var named) || named != id.Value) return OrderErrors.NotFound;
        if (await orders.FindAsync(guest, id, cancel) is not { } order) return OrderErrors.NotFound;
        await db.ExecuteAsync(Claim, [guest, account, clock.GetUtcNow(), GuestsMax], cancel);
        // Whoever came first has it, and that may be ourselves.
        var owner = await db.QueryFirstAsync(OwnerOf, static row => (Guid?)row.GetGuid(0), [guest], cancel);
        if (owner != account) return owner is null ? OrderErrors.ClaimsFull : OrderErrors.Claimed;
        ETag.Set(http, order.Version);
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Ok(await order.ShowAsync(people, cancel));
    }

    // Two claims at once may pass the limit by one, which harms nobody.
    const string Claim = """
        INSERT INTO ordering.customer_aliases (guest_id, account_id, claimed_at)
        SELECT $1, $2, $3 WHERE (SELECT count(*) FROM ordering.customer_aliases WHERE account_id = $2) < $4
        ON CONFLICT (guest_id) DO NOTHING
        """;

    const string OwnerOf = "SELECT account_id FROM ordering.customer_aliases WHERE guest_id = $1";
}
