using Microsoft.Extensions.DependencyInjection.Extensions;
using Souk.Contracts;
using Souk.Ledger.Accounts;
using Souk.Ledger.Sales;
using Souk.Ledger.Transfers;
using Souk.Ledger.Wallets;
using Souk.Platform.Modules;
using Souk.Platform.Money;

namespace Souk.Ledger;

/// <summary>The table of contents of this module.</summary>
public sealed class LedgerModule : IModule
{
    public string Name => "ledger";

    public IReadOnlyList<string> Needs => ["ordering", "payments"];

    public void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<OpenAccounts>();
        services.AddSingleton<TransferBatch>();
        services.AddSingleton<WriteTransfers>();
        services.AddSingleton<StoredWallets>();
        services.AddSingleton<IWallets, HoldInWallet>();
        services.TryAddSingleton(ShopCurrency.Read(configuration));
    }

    public void MapRoutes(IEndpointRouteBuilder routes)
    {
        ReadWallet.Map(routes);
        TransferToWallet.Map(routes);
        ReadStatement.Map(routes);
        ExportStatement.Map(routes);

        ReadTrialBalance.Map(routes);
        ListLedgerAccounts.Map(routes);
        ReadLedgerAccount.Map(routes);
        ListLedgerTransfers.Map(routes);
    }

    public void MapWork(WorkMap work)
    {
        work.Every(ExpireTransfers.Cron, ExpireTransfers.JobType, ExpireTransfers.RunAsync);
        work.On<PaymentAccepted>(PostSale.Subscriber, PostSale.OnAccepted);
        work.Job<PostSale.Job>(PostSale.JobType, PostSale.RunAsync, PostSale.Policy);
    }
}
