using Souk.Contracts;
using Souk.Platform.Modules;
using Souk.Pricing.Prices;
using Souk.Pricing.Quotes;
using Souk.Pricing.Shipping;

namespace Souk.Pricing;

/// <summary>The table of contents of this module.</summary>
public sealed class PricingModule : IModule
{
    public string Name => "pricing";

    public IReadOnlyList<string> Needs => [];

    public void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(TaxSettings.Read(configuration));
        services.AddSingleton<IPricing, QuotePrices>();
    }

    public void MapRoutes(IEndpointRouteBuilder routes)
    {
        ListShippingMethods.Map(routes);
        GetPrices.Map(routes);
        SetPrice.Map(routes);
    }

    public void MapWork(WorkMap work)
    {
    }
}
