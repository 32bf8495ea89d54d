using Microsoft.Extensions.DependencyInjection.Extensions;
using Souk.Platform;
using Souk.Platform.Modules;
using Souk.Platform.Pagination;

namespace Souk.Host;

/// <summary>What a process of the shop must know to start.</summary>
public sealed record ShopSettings
{
    /// <summary>Where the data lies: an Npgsql connection string.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>Where the keys of personal data lie: outside the data and its backups.</summary>
    public required string KeysFolder { get; init; }

    /// <summary>Where it listens; port 0 takes a free one.</summary>
    public string Url { get; init; } = "http://127.0.0.1:8080";

    public IReadOnlyCollection<string> Modules { get; init; } = [.. Host.Modules.All.Select(m => m.Name)];

    /// <summary><c>web</c> answers requests, <c>worker</c> runs jobs, schedules and events. Default: both.</summary>
    public IReadOnlyCollection<string> Roles { get; init; } = ["web", "worker"];
}

/// <summary>A setting that cannot work; the message says which and what to do.</summary>
public sealed class ShopSettingsException(string message) : Exception(message);

/// <summary>Puts a process of the shop together from its modules. Used by the commands and, unchanged, by the tests.</summary>
public static class Shop
{
    public static readonly IReadOnlyList<string> AllRoles = ["web", "worker"];

    /// <summary>Builds the application over a migrated database; the caller starts and stops it.</summary>
    public static WebApplication Build(ShopSettings settings, Action<WebApplicationBuilder>? configure = null)
    {
        if (settings.Roles.Except(AllRoles).FirstOrDefault() is { } role)
            throw new ShopSettingsException($"There is no role '{role}'. Roles: {string.Join(", ", AllRoles)}.");
        var modules = Modules.Choose(settings.Modules);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(settings.Url);
        configure?.Invoke(builder);

        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => Database.Connect(settings.ConnectionString, provider.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton(new CursorSigner(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32)));
        services.AddPersonalData(new() { KeysFolder = settings.KeysFolder });
        services.AddHttpPlatform(builder.Configuration);
        var work = new WorkMap();
        services.AddSingleton(work);
        foreach (var module in modules)
        {
            module.AddServices(services, builder.Configuration);
            module.MapWork(work);
        }

        var app = builder.Build();
        app.UseHttpPlatform();
        if (settings.Roles.Contains("web"))
            foreach (var module in modules) module.MapRoutes(app);
        if (Access.Undeclared(((IEndpointRouteBuilder)app).DataSources.Aggregate()).FirstOrDefault() is { } open)
            throw new InvalidOperationException($"{open} does not say who may call it: end it with ForEveryone, ForSignedIn or ForStaff.");
        return app;
    }

    static CompositeEndpointDataSource Aggregate(this ICollection<EndpointDataSource> sources) => new(sources);

    /// <summary>Brings the database to the schema of every module, whichever of them this process runs.</summary>
    public static Task<int> MigrateAsync(string connectionString, ILogger log, CancellationToken cancel) =>
        new Migrator([.. Modules.All.Select(m => (m.Name, m.GetType().Assembly))], log).MigrateAsync(connectionString, cancel);
}
