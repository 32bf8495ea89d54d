using System.Collections.Concurrent;
using Souk.Contracts;
using Souk.Platform.Errors;
using Souk.Platform.Ids;
using Souk.Platform.Money;

namespace Souk.Tests.Payments;

/// <summary>Orders in memory that behave as the contract says, for tests of the saga alone. It outlives a cut, as a database would.</summary>
public sealed class OpenOrders(Cuts cuts) : IOrdering
{
    public sealed class Order
    {
        public required Id<OrderKind> Id { get; init; }
        public required Guid CustomerId { get; init; }
        public required string Token { get; init; }
        public required Money Total { get; init; }
        public bool IsClosed { get; set; }
        public Id<PaymentKind>? PaidBy { get; set; }

        /// <summary>What it answers instead of an outcome, once.</summary>
        public Error? Excuse { get; set; }
    }

    static readonly Error NotFound = Error.NotFound("order_not_found", "There is no such order.");
    static readonly Error NotPayable = Error.Conflict("order_not_payable", "This order cannot be paid any more.");

    readonly ConcurrentDictionary<Id<OrderKind>, Order> orders = [];

    public Order Place(Guid? customerId = null, long total = 1999)
    {
        var order = new Order
        {
            Id = Id<OrderKind>.New(TimeProvider.System), CustomerId = customerId ?? Guid.CreateVersion7(), Token = $"token-{Guid.NewGuid():n}", Total = new(total, "USD"),
        };
        return orders[order.Id] = order;
    }

    public Task<Result<Guid>> CustomerOfOrderAsync(Id<OrderKind> order, Payer payer, CancellationToken cancel) =>
        Task.FromResult<Result<Guid>>(Visible(order, payer) is { } found ? found.CustomerId : NotFound);

    public Guid? CustomerOfOrderToken(string? orderToken) => orders.Values.FirstOrDefault(o => o.Token == orderToken)?.CustomerId;

    public Task<Result<OrderToPay>> FindToPayAsync(Id<OrderKind> order, Payer payer, CancellationToken cancel) => Task.FromResult<Result<OrderToPay>>(Visible(order, payer) is not { } found
        ? NotFound : new OrderToPay(found.CustomerId, found.IsClosed || found.PaidBy is not null ? NotPayable : new PaymentDue(found.CustomerId, order, found.Total)));

    public Task<Result<OrderPaid>> RecordPaymentAsync(Guid customerId, Id<OrderKind> order, Id<PaymentKind> payment, Money amount, CancellationToken cancel)
    {
        cuts.Pass("before record");
        Result<OrderPaid> answer;
        var found = orders[order];
        Assert.Equal((found.CustomerId, found.Total), (customerId, amount));
        lock (found)
        {
            if (found.Excuse is { } excuse)
            {
                found.Excuse = null;
                return Task.FromResult<Result<OrderPaid>>(excuse);
            }
            if (found.PaidBy is null && !found.IsClosed) found.PaidBy = payment;
            answer = found.PaidBy == payment ? new OrderPaid(order, customerId, payment) : NotPayable;
        }
        cuts.Pass("after record");
        return Task.FromResult(answer);
    }

    public Task<Sale?> FindSaleAsync(Guid customerId, Id<OrderKind> order, CancellationToken cancel) =>
        Task.FromResult(orders.TryGetValue(order, out var found) && found.CustomerId == customerId ? new Sale(found.Total.Currency, found.Total.Amount, 0, 0) : null);

    public Task<Id<CartKind>?> CopyGuestCartAsync(string cartToken, Guid accountId, CancellationToken cancel) => Task.FromResult<Id<CartKind>?>(null);

    public Task<StockSet> SetStockAsync(IReadOnlyList<StockLevel> levels, CancellationToken cancel) => Task.FromResult(new StockSet(0, []));

    Order? Visible(Id<OrderKind> order, Payer payer) =>
        orders.TryGetValue(order, out var found) && (payer.OrderToken == found.Token || payer.AccountId == found.CustomerId) ? found : null;
}
