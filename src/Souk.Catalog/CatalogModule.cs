using Souk.Platform.Modules;

namespace Souk.Catalog;

/// <summary>The table of contents of this module.</summary>
public sealed class CatalogModule : IModule
{
    public string Name => "catalog";

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
