using Souk.Contracts;
using Souk.Ledger.Accounts;
using Souk.Ledger.Transfers;
using Souk.Ledger.Wallets;
using Souk.Platform.Jobs;
using Souk.Platform.Outbox;

namespace Souk.Ledger.Sales;

/// <summary>
/// What a paid order earned is posted: from where its money is to revenue, shipping and tax, as one chain of linked transfers. An order paid from a wallet first
/// takes what the wallet held. Once per order, however often the event or its job comes: the transfers' ids follow from the order's.
/// </summary>
internal static class PostSale
{
    public const string Subscriber = "ledger.post-sales", JobType = "ledger.post-sale";

    /// <summary>Many at once, since those that come together are written together.</summary>
    public static readonly JobPolicy Policy = new(AttemptsMax: 50, ConcurrencyMax: 16);

    public sealed record Job(Guid CustomerId, OrderId OrderId, PaymentId PaymentId, string? Method = null);

    /// <remarks>Of payments rather than orders, of which many are never paid: a subscriber keeps a row for each aggregate it reads.</remarks>
    public static Task OnAccepted(PaymentAccepted paid, EventContext context, CancellationToken _)
    {
        context.Writes.Batch.AddJob(JobType, new Job(paid.CustomerId, paid.OrderId, paid.PaymentId, paid.Method), context.Services.GetRequiredService<TimeProvider>().GetUtcNow());
        return Task.CompletedTask;
    }

    public static async Task RunAsync(Job paid, JobContext job, CancellationToken cancel)
    {
        var (ordering, payments, services) = (job.Services.GetRequiredService<IOrdering>(), job.Services.GetRequiredService<IPayments>(), job.Services);
        var sale = await ordering.FindSaleAsync(paid.CustomerId, paid.OrderId, cancel) ?? throw new InvalidOperationException($"{paid.OrderId} does not exist.");
        var method = paid.Method ?? await payments.FindMethodAsync(paid.CustomerId, paid.PaymentId, cancel) ?? throw new InvalidOperationException($"{paid.PaymentId} does not exist.");
        var chain = Chain(paid, sale, method);
        if (chain.Count == 0) return;   // a gift

        await services.GetRequiredService<OpenAccounts>().OpenAsync(Accounts(sale.Currency, method), cancel);
        var outcomes = await services.GetRequiredService<WriteTransfers>().RunAsync(chain);
        if (!outcomes.All(o => o.IsThere))
            throw new InvalidOperationException($"{paid.OrderId} cannot be posted: {string.Join(", ", outcomes.Select(o => o.Result.Text()))}.");
    }

    internal static IReadOnlyList<LedgerAccount> Accounts(string currency, string method) =>
        [LedgerAccount.ClearingOf(method, currency), .. Parts.Select(part => LedgerAccount.OfShop(part.Kind, currency))];

    static readonly (AccountPurpose Kind, string Code, Func<Sale, long> Amount)[] Parts =
    [
        (AccountPurpose.Revenue, "sale_goods", static sale => sale.Goods),
        (AccountPurpose.Shipping, "sale_shipping", static sale => sale.Shipping),
        (AccountPurpose.Tax, "sale_tax", static sale => sale.Tax),
    ];

    /// <summary>The transfers of a sale; none for one that cost nothing.</summary>
    internal static IReadOnlyList<NewTransfer> Chain(Job paid, Sale sale, string method)
    {
        var clearing = LedgerAccount.ClearingOf(method, sale.Currency).Id;
        List<NewTransfer> chain = [];
        if (method == LedgerAccount.WalletMethod && sale.Goods + sale.Shipping + sale.Tax > 0)
            chain.Add(NewTransfer.Ending(HoldInWallet.EndOf(paid.PaymentId), HoldInWallet.IdOf(paid.PaymentId), TransferPhase.Post));
        chain.AddRange(from part in Parts
                       let amount = part.Amount(sale)
                       where amount > 0
                       select new NewTransfer(DerivedId.Of(part.Code, $"{paid.OrderId}"), clearing, LedgerAccount.OfShop(part.Kind, sale.Currency).Id, amount, sale.Currency, part.Code)
                       { Reference = paid.OrderId.Value });
        return [.. chain.Select((transfer, i) => transfer with { IsLinked = i < chain.Count - 1 })];
    }
}
