using Souk.Platform.Modules;

namespace Souk.Ordering;

/// <summary>The table of contents of this module.</summary>
public sealed class OrderingModule : IModule
{
    public string Name => "ordering";

    public IReadOnlyList<string> Needs => ["catalog", "pricing", "payments"];

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
