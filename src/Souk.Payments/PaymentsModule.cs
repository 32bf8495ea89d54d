using Souk.Platform.Modules;

namespace Souk.Payments;

/// <summary>The table of contents of this module.</summary>
public sealed class PaymentsModule : IModule
{
    public string Name => "payments";

    public IReadOnlyList<string> Needs => ["ordering"];

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
