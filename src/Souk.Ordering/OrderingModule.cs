using Microsoft.Extensions.DependencyInjection.Extensions;
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
    }

    public void MapRoutes(IEndpointRouteBuilder routes)
    {
    }

    public void MapWork(WorkMap work)
    {
    }
}
