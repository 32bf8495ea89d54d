using Souk.Contracts;
using Souk.Ordering.Carts;
using Souk.Ordering.Guests;
using Souk.Ordering.Inventory;
using Souk.Ordering.Orders;
using Souk.Platform;

namespace Souk.Ordering;

/// <summary>What other modules may ask of carts, stock and orders: each answer stands in the file it calls.</summary>
internal sealed class OrderingContract(NpgsqlDataSource db, CartStore carts, OrderReads orders, RecordPayment record, OrderingOptions options, GuestTokens tokens,
    PersonalData people, TimeProvider clock) : IOrdering
{
    public async Task<Result<OrderToPay>> FindToPayAsync(OrderId order, Payer payer, CancellationToken cancel)
    {
        return await orders.FindOwnAsync(payer.AccountId, payer.OrderToken, order, cancel) switch
        {
            null => OrderErrors.NotFound,
            { Status: OrderStatus.Placed } open => new OrderToPay(open.CustomerId, new PaymentDue(open.CustomerId, order, new(open.Total, open.Currency))),
            var closed => new OrderToPay(closed.CustomerId, OrderErrors.NotPayable(closed.Status)),
        };
    }

    public async Task<Result<Guid>> CustomerOfOrderAsync(OrderId order, Payer payer, CancellationToken cancel) =>
        await orders.FindOwnAsync(payer.AccountId, payer.OrderToken, order, cancel) is { CustomerId: var customer } ? customer : OrderErrors.NotFound;

    public Guid? CustomerOfOrderToken(string? orderToken) => StoredOrder.CustomerOf(null, orderToken, tokens);

    public Task<Result<OrderPaid>> RecordPaymentAsync(Guid customerId, OrderId order, PaymentId payment, Money amount, CancellationToken cancel) =>
        record.RunAsync(customerId, order, payment, amount, cancel);

    public async Task<Sale?> FindSaleAsync(Guid customerId, OrderId order, CancellationToken cancel) =>
        await orders.FindAsync(customerId, order, cancel) is { } sold ? new(sold.Currency, sold.Subtotal - sold.Discounts, sold.Shipping, sold.Tax) : null;

    public Task<CartId?> CopyGuestCartAsync(string cartToken, Guid accountId, CancellationToken cancel) =>
        CopyGuestCart.RunAsync(cartToken, accountId, carts, db, people, tokens, options, clock, cancel);

    public Task<StockSet> SetStockAsync(IReadOnlyList<StockLevel> levels, CancellationToken cancel) => SetStock.RunAsync(db, levels, options, clock, cancel);
}
