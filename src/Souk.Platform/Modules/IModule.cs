namespace Souk.Platform.Modules;

/// <summary>
/// A part of the shop that could run alone: one project, one PostgreSQL schema, a table of contents in one file.
/// Which modules a process runs is configuration (<c>--modules</c>).
/// </summary>
public interface IModule
{
    /// <summary>Lower case; also the name of its PostgreSQL schema.</summary>
    string Name { get; }

    /// <summary>Contracts of other modules that it calls, by module name: a process that runs this one runs those too.</summary>
    IReadOnlyList<string> Needs { get; }

    void AddServices(IServiceCollection services, IConfiguration configuration);

    /// <summary>Every route, a line each. Only processes with the role <c>web</c> call it.</summary>
    void MapRoutes(IEndpointRouteBuilder routes);

    /// <summary>Every job, schedule and event subscription, a line each. Only processes with the role <c>worker</c> run them.</summary>
    void MapWork(WorkMap work);
}
