using Souk.Contracts;
using Souk.Ordering.Addresses;
using Souk.Ordering.Carts;
using Souk.Ordering.Inventory;
using Souk.Ordering.Orders;
using Souk.Platform;
using Souk.Platform.Money;

namespace Souk.Ordering.Checkout;

/// <summary>An order that only has to be written: everything about it is known.</summary>
/// <param name="Held">What is reserved for its cart already; null when nothing is.</param>
internal sealed record DraftOrder(Guid CustomerId, (CartId Id, int Version)? Cart, IReadOnlyList<StoredOrder.Line> Lines, Quote Quote,
    string? ShippingMethod, byte[]? Email, byte[]? ShippingAddress, byte[]? BillingAddress, IReadOnlyList<StockUnits>? Held)
{
    /// <summary>One change of the cart lies between the two, and it was the end of its hold.</summary>
    public bool LostOnlyTheHoldOf(DraftOrder earlier) => Held is null && earlier.Held is not null && Cart is var (id, version) && earlier.Cart == (id, version - 1);
}

/// <summary>Finds out what is ordered, by whom and for how much. Reads only; takes no lock.</summary>
internal sealed class PrepareOrder(CartStore carts, ICatalog catalog, IPricing pricing, PersonalData people, ShopCurrency currency, Kits kits)
{
    public async Task<Result<DraftOrder>> RunAsync(PlaceOrder.Request request, Guid customer, bool isGuest, CancellationToken cancel)
    {
        StoredCart? cart = null;
        if (request.CartId is { } cartId)
        {
            cart = await carts.FindAsync(customer, cartId, cancel);
            if (StoredCart.Refuse(cart, version: null) is { } unusable) return unusable;
            if (cart!.Lines.Count == 0) return OrderErrors.CartEmpty;
        }
        var wanted = cart?.Lines.Select(l => (l.VariantId, l.Quantity)).ToList() ?? [.. request.Lines!.Select(l => (l.VariantId, l.Quantity))];
        var method = request.ShippingMethod ?? cart?.ShippingMethod;
        if (RefuseIncomplete(request, isGuest, cart, method) is { } incomplete) return incomplete;

        var facts = (await catalog.VariantsAsync([.. wanted.Select(l => l.VariantId)], cancel)).ToDictionary(f => f.Id);
        if (wanted.Where(l => !facts.ContainsKey(l.VariantId)).Select(l => l.VariantId).ToList() is { Count: > 0 } gone) return CartErrors.VariantUnavailable(gone);
        var asked = new QuoteRequest(cart?.Currency ?? request.Currency ?? currency.Code,
            [.. wanted.Select(l => new QuoteRequestLine(l.VariantId, l.Quantity, facts[l.VariantId].WeightGrams))], method);
        if ((await pricing.QuoteAsync(asked, cancel)).Refused(out var unpriced, out var quote)) return unpriced;
        if (request.ExpectedTotal is { } expected && expected != new Money(quote.Total, quote.Currency)) return OrderErrors.PriceChanged(quote);

        var components = await kits.AllAsync(cancel);
        try
        {
            return new DraftOrder(customer, cart is null ? null : (cart.Id, cart.Version),
                [.. quote.Lines.Select(l => new StoredOrder.Line(l.VariantId, facts[l.VariantId].Sku, facts[l.VariantId].Name, l.Quantity, l.UnitPrice, l.Total,
                    components.GetValueOrDefault(l.VariantId)))],
                quote, method, await EmailAsync(request, cart, customer, cancel),
                await AddressAsync(request.ShippingAddress, cart?.ShippingAddress, StoredCart.ShippingAddressColumn, StoredOrder.ShippingAddressColumn, customer, cancel),
                await AddressAsync(request.BillingAddress, cart?.BillingAddress, StoredCart.BillingAddressColumn, StoredOrder.BillingAddressColumn, customer, cancel), cart?.Held?.Units);
        }
        catch (PersonErasedException)
        {
            return CartErrors.NotFound;
        }
    }

    /// <summary>What could not be seen before the cart was known: where to write to and where to send.</summary>
    static Error? RefuseIncomplete(PlaceOrder.Request request, bool isGuest, StoredCart? cart, string? method)
    {
        List<(string, string)> wrong = [];
        if (isGuest && request.Email is null && cart?.Email is null) wrong.Add(("/email", "A guest's order needs an e-mail address, here or in the cart."));
        if (method is not null && request.ShippingAddress is null && cart?.ShippingAddress is null)
            wrong.Add(("/shippingAddress", "A shipping method needs an address to ship to, here or in the cart."));
        return Error.Invalid(wrong);
    }

    async ValueTask<byte[]?> EmailAsync(PlaceOrder.Request request, StoredCart? cart, Guid customer, CancellationToken cancel)
    {
        var email = request.Email?.Trim() ?? (cart?.Email is { } stored ? await people.RevealAsync(customer, StoredCart.EmailColumn, stored, cancel) : null);
        return email is null ? null : await people.ProtectAsync(customer, StoredOrder.EmailColumn, email, cancel);
    }

    // A value is bound to its column: what the cart kept is read and written anew.
    async ValueTask<byte[]?> AddressAsync(Address? given, byte[]? stored, string from, string to, Guid customer, CancellationToken cancel)
    {
        var address = given ?? (stored is null ? null : await people.RevealJsonAsync<Address>(customer, from, stored, cancel));
        return address is null ? null : await people.ProtectJsonAsync(customer, to, address, cancel);
    }
}
