using Microsoft.Extensions.DependencyInjection.Extensions;
using Souk.Ordering.Carts;
using Souk.Ordering.Guests;
using Souk.Platform.Modules;
using Souk.Platform.Money;

namespace Souk.Ordering;

/// <summary>The table of contents of this module.</summary>
public sealed class OrderingModule : IModule
{
    public string Name => "ordering";

    public IReadOnlyList<string> Needs => ["catalog", "pricing", "payments"];

    public void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(ShopCurrency.Read(configuration));
        services.AddSingleton<GuestTokens>();
        services.AddSingleton(CartOptions.Read(configuration));
        services.AddSingleton<ShowCart>();
    }

    public void MapRoutes(IEndpointRouteBuilder routes)
    {
        CreateCart.Map(routes);
        ListCarts.Map(routes);
        ReadCart.Map(routes);
        ChangeCart.Map(routes);
        SetCartLine.Map(routes);
        RemoveCartLine.Map(routes);
    }

    public void MapWork(WorkMap work)
    {
        work.Every(ForgetAbandonedCarts.Cron, ForgetAbandonedCarts.JobType, ForgetAbandonedCarts.RunAsync);
    }
}
