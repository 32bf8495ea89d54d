using Microsoft.AspNetCore.Mvc;
using Souk.Ordering.Guests;

namespace Souk.Ordering.Carts;

/// <summary>
/// <c>GET /v1/carts/{id}</c>: the cart with what it costs now. It can be read however much of it is no longer sold: such lines are marked and count
/// nothing.
/// </summary>
internal static class ReadCart
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/carts/{id}", Handle).ForEveryone().WithName(nameof(ReadCart));

    static async Task<Results<Ok<Cart>, Error>> Handle(CartId id, Caller caller, [FromHeader(Name = GuestTokens.CartHeader)] string? cartToken, CartStore carts,
        ShowCart show, GuestTokens tokens, HttpContext http, CancellationToken cancel) =>
        StoredCart.CustomerOf(caller, cartToken, id, tokens) is { } customer && await carts.FindAsync(customer, id, cancel) is { } cart
            ? await show.AnswerAsync(cart, http, cancel)
            : CartErrors.NotFound;
}
