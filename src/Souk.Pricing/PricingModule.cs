using Souk.Platform.Modules;

namespace Souk.Pricing;

/// <summary>The table of contents of this module.</summary>
public sealed class PricingModule : IModule
{
    public string Name => "pricing";

    public IReadOnlyList<string> Needs => [];

    public void AddServices(IServiceCollection services, IConfiguration configuration)
    {
    }

    public void MapRoutes(IEndpointRouteBuilder routes)
    {
    }

    public void MapWork(WorkMap work)
    {
    }
}
