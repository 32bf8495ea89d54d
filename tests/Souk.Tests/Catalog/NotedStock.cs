using System.Collections.Concurrent;
using Souk.Contracts;
using Souk.Platform.Errors;
using Souk.Platform.Ids;

namespace Souk.Tests.Catalog;

/// <summary>Keeps the stock that an import hands over, and answers nothing else.</summary>
sealed class NotedStock : IOrdering
{
    readonly ConcurrentDictionary<(Id<VariantKind>, string), int> levels = [];

    public Task<int> SetStockAsync(IReadOnlyList<StockLevel> given, CancellationToken cancel)
    {
        var changed = given.Count(level => !levels.TryGetValue((level.VariantId, level.Location), out var onHand) || onHand != level.OnHand);
        foreach (var level in given) levels[(level.VariantId, level.Location)] = level.OnHand;
        return Task.FromResult(changed);
    }

    public Task<Result<PaymentDue>> PaymentDueAsync(Id<OrderKind> order, Payer payer, CancellationToken cancel) => throw new NotSupportedException();

    public Task<Result<Guid>> CustomerOfOrderAsync(Id<OrderKind> order, Payer payer, CancellationToken cancel) => throw new NotSupportedException();

    public Task<Result<OrderPaid>> RecordPaymentAsync(Guid customerId, Id<OrderKind> order, Id<PaymentKind> payment, Souk.Platform.Money.Money amount, CancellationToken cancel) =>
        throw new NotSupportedException();

    public Task<Id<CartKind>?> CopyGuestCartAsync(string cartToken, Guid accountId, CancellationToken cancel) => throw new NotSupportedException();
}
