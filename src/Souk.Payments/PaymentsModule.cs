using Souk.Contracts;
using Souk.Payments.Payments;
using Souk.Payments.Providers;
using Souk.Payments.TopUps;
using Souk.Platform.Modules;

namespace Souk.Payments;

/// <summary>The table of contents of this module.</summary>
public sealed class PaymentsModule : IModule
{
    /// <summary>The methods this shop takes, comma separated; none when empty. Default <c>sandbox,wallet</c>, except under <c>souk serve</c>: none.</summary>
    public const string MethodsOption = "Payments:Methods";

    public string Name => "payments";

    public IReadOnlyList<string> Needs => ["ordering", "ledger"];

    public void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        var methods = PaymentMethods.Read(configuration);
        services.AddSingleton(provider => new PaymentMethods(methods, provider));
        services.AddKeyedSingleton<IPaymentProvider, SandboxProvider>(SandboxProvider.Method);
        services.AddKeyedSingleton<IPaymentProvider, WalletProvider>(WalletProvider.Method);
        services.AddSingleton<AskProvider>();
        services.AddSingleton<PaymentWrites>();
        services.AddSingleton<SettlePayment>();
        services.AddSingleton<SettleTopUp>();
        services.AddSingleton<TakePayment>();
        services.AddSingleton<IPayments>(provider => provider.GetRequiredService<TakePayment>());
    }

    public void MapRoutes(IEndpointRouteBuilder routes)
    {
        PayOrder.Map(routes);
        ListPayments.Map(routes);
        ReadPayment.Map(routes);
        ListAllPayments.Map(routes);

        TopUpWallet.Map(routes);
        ReadTopUp.Map(routes);
    }

    public void MapWork(WorkMap work)
    {
        work.Job<SettlePayment.Job>(SettlePayment.JobType, SettlePayment.RunAsync, SettlePayment.Policy);
        work.Job<SettleTopUp.Job>(SettleTopUp.JobType, SettleTopUp.RunAsync, SettlePayment.Policy);
    }
}
