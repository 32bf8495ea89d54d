using Souk.Contracts;
using Souk.Ordering.Addresses;
using Souk.Platform;

namespace Souk.Ordering.Carts;

/// <summary>Makes the answer that every route of a cart ends with: priced now, readable for its owner.</summary>
internal sealed class ShowCart(ICatalog catalog, IPricing pricing, PersonalData people)
{
    /// <inheritdoc cref="PricedCart.OfAsync"/>
    public Task<PricedCart> PriceAsync(StoredCart cart, CancellationToken cancel) => PricedCart.OfAsync(cart, catalog, pricing, cancel);

    /// <summary>Prices it, answers it with its ETag; 404 once the customer was erased.</summary>
    public async Task<Results<Ok<Cart>, Error>> AnswerAsync(StoredCart cart, HttpContext http, CancellationToken cancel) =>
        await AnswerAsync(await PriceAsync(cart, cancel), http, cancel);

    /// <inheritdoc cref="AnswerAsync(StoredCart, HttpContext, CancellationToken)"/>
    public async Task<Results<Ok<Cart>, Error>> AnswerAsync(PricedCart priced, HttpContext http, CancellationToken cancel) =>
        await RevealAsync(priced, http, cancel) is { } cart ? TypedResults.Ok(cart) : CartErrors.NotFound;

    /// <summary>The cart of the answer, whose headers it sets; null once the customer was erased.</summary>
    public async Task<Cart?> RevealAsync(PricedCart priced, HttpContext http, CancellationToken cancel)
    {
        var (stored, quote) = (priced.Cart, priced.Quote);
        var (email, shippingAddress, billingAddress) = await RevealAsync(people, stored, cancel);
        if ((stored.Email, email) is (not null, null) || (stored.ShippingAddress, shippingAddress) is (not null, null)
            || (stored.BillingAddress, billingAddress) is (not null, null)) return null;

        // The ETag is for If-Match alone: the same version may cost something else tomorrow, so nobody is told 304.
        ETag.Set(http, stored.Version);
        http.Response.Headers.CacheControl = "private, no-store";
        return new(stored.Id, priced.Lines(), priced.Amount(quote?.Subtotal), priced.Amount(quote?.Discounts), priced.Amount(quote?.Shipping), priced.Amount(quote?.Tax),
            priced.Amount(quote?.Total), stored.Currency, stored.ShippingMethod, priced.IsShippingMethodUnknown ? true : null, email, shippingAddress, billingAddress,
            stored.Version, stored.OrderedAs is { } order ? new OrderId(order) : null, stored.Held?.Until);
    }

    /// <summary>The personal data of a cart; null where there is none, or nobody may read it any more.</summary>
    public static async Task<(string? Email, Address? ShippingAddress, Address? BillingAddress)> RevealAsync(PersonalData people, StoredCart cart, CancellationToken cancel) => (
        cart.Email is null ? null : await people.RevealAsync(cart.CustomerId, StoredCart.EmailColumn, cart.Email, cancel),
        cart.ShippingAddress is null ? null : await people.RevealJsonAsync<Address>(cart.CustomerId, StoredCart.ShippingAddressColumn, cart.ShippingAddress, cancel),
        cart.BillingAddress is null ? null : await people.RevealJsonAsync<Address>(cart.CustomerId, StoredCart.BillingAddressColumn, cart.BillingAddress, cancel));

    /// <summary>The same data encrypted for this customer. Call it before the transaction.</summary>
    /// <exception cref="PersonErasedException">The customer was erased.</exception>
    public static async Task<(byte[]? Email, byte[]? ShippingAddress, byte[]? BillingAddress)> ProtectAsync(PersonalData people, Guid customerId, string? email,
        Address? shippingAddress, Address? billingAddress, CancellationToken cancel) => (
        email is null ? null : await people.ProtectAsync(customerId, StoredCart.EmailColumn, email, cancel),
        shippingAddress is null ? null : await people.ProtectJsonAsync(customerId, StoredCart.ShippingAddressColumn, shippingAddress, cancel),
        billingAddress is null ? null : await people.ProtectJsonAsync(customerId, StoredCart.BillingAddressColumn, billingAddress, cancel));
}
