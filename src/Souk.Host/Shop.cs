using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Abstractions;
using Souk.Host.Telemetry;
using Souk.Platform;
using Souk.Platform.Mail;
using Souk.Platform.Modules;
using Souk.Platform.Pagination;
using Souk.Platform.SecurityLog;
using Souk.Platform.Telemetry;

namespace Souk.Host;

/// <summary>What a process of the shop must know to start.</summary>
public sealed record ShopSettings
{
    /// <summary>Where the data lies: an Npgsql connection string.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>Where the keys of personal data lie: outside the data and its backups. Made when missing, for its owner alone.</summary>
    public required string KeysFolder { get; init; }

    /// <summary>The JSON of the master keys, where a secret store hands it over; null reads (or makes) the file in <see cref="KeysFolder"/>.</summary>
    public string? MasterKeys { get; init; }

    /// <summary>Where it listens; port 0 takes a free one.</summary>
    public string Url { get; init; } = "http://127.0.0.1:8080";

    /// <summary>Where it answers <c>/metrics</c> and the health routes, and nothing else; port 0 takes a free one. Null: nowhere.</summary>
    public string? ManagementUrl { get; init; }

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

    /// <summary>Requests that are under way at a stop get this long to end.</summary>
    public const int StopSecondsMax = 15;

    /// <summary>Builds the application over a migrated database; the caller starts and stops it.</summary>
    public static WebApplication Build(ShopSettings settings, Action<WebApplicationBuilder>? configure = null)
    {
        var modules = Refuse(settings);
        // The content root is ours: a settings file that lies in the caller's folder by chance is none of the shop's.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseUrls(settings.ManagementUrl is { } management ? [settings.Url, management] : [settings.Url]);
        AddLogging(builder.Logging);
        configure?.Invoke(builder);

        var services = builder.Services;
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(StopSecondsMax));
        services.TryAddSingleton(TimeProvider.System);
        var telemetry = TelemetryOptions.Read(builder.Configuration);
        services.AddTelemetry(telemetry, settings);
        services.AddSingleton(provider => Database.Connect(settings.ConnectionString, provider.GetRequiredService<SlowStatements>()));
        services.AddSingleton(provider => BatchDatabase.Connect(settings.ConnectionString, provider.GetRequiredService<SlowStatements>()));
        services.AddPersonalData(new() { KeysFolder = settings.KeysFolder, MasterKeys = settings.MasterKeys });
        services.AddSingleton(provider => new CursorSigner(provider.GetRequiredService<MasterKeys>().Derive("cursors")));
        services.AddHttpPlatform(builder.Configuration);
        services.AddMail(builder.Configuration);
        foreach (var module in modules) module.AddServices(services, builder.Configuration);
        services.AddWork(settings.ConnectionString, WorkOf(modules), Migrations(NullLogger.Instance), builder.Configuration, runs: settings.Roles.Contains("worker"));

        DropKeyRing(services);
        var app = builder.Build();
        // Read now: keys that are missing or open to others stop the start, not a customer.
        app.Services.GetRequiredService<PersonalData>();
        if (TrustedProxies(builder.Configuration) is { } proxies) app.UseForwardedHeaders(proxies);
        if (settings.ManagementUrl is not null) app.UseManagementPort();
        app.UseHttpPlatform();
        app.MapHealth();
        if (settings.Roles.Contains("web"))
        {
            app.MapWork();
            app.MapSecurityLog();
            foreach (var module in modules) module.MapRoutes(app);
            if (builder.Configuration.GetValue(FrontPage.Option, true)) FrontPage.Map(app);
            if (builder.Configuration.GetValue(Explorer.Option, true)) Explorer.Map(app);
        }
        if (Access.Undeclared(((IEndpointRouteBuilder)app).DataSources.Aggregate()).FirstOrDefault() is { } open)
            throw new InvalidOperationException($"{open} does not say who may call it: end it with ForEveryone, ForSignedIn or, under /v1/admin, ForStaff and a permission.");
        return app;
    }

    /// <summary>The chosen modules; refuses roles and modules that do not exist or do not go together.</summary>
    public static IReadOnlyList<IModule> Refuse(ShopSettings settings) => settings.Roles.Except(AllRoles).FirstOrDefault() is { } role
        ? throw new ShopSettingsException($"There is no role '{role}'. Roles: {string.Join(", ", AllRoles)}.")
        : Modules.Choose(settings.Modules);

    /// <summary>Brings the database to the schema of every module, whichever of them this process runs. From here on, events are kept for their subscribers.</summary>
    public static async Task<int> MigrateAsync(string connectionString, ILogger log, CancellationToken cancel)
    {
        var applied = await Migrations(log).MigrateAsync(connectionString, cancel);
        await Work.RegisterSubscribersAsync(connectionString, WorkOf(Modules.All), cancel);
        return applied;
    }

    /// <summary>The migrations of this build that the database still lacks; changes nothing.</summary>
    public static Task<IReadOnlyList<Migration>> MissingMigrationsAsync(string connectionString, CancellationToken cancel) =>
        Migrations(NullLogger.Instance).MissingAsync(connectionString, cancel);

    static Migrator Migrations(ILogger log) => new([.. Modules.All.Select(m => (m.Name, m.GetType().Assembly))], log);

    static WorkMap WorkOf(IReadOnlyList<IModule> modules)
    {
        var work = new WorkMap();
        foreach (var module in modules) module.MapWork(work);
        return work;
    }

    static CompositeEndpointDataSource Aggregate(this ICollection<EndpointDataSource> sources) => new(sources);

    /// <summary>
    /// What the framework says of single requests stays out of the logs: it holds paths, hence ids. A request that fails is logged by its route
    /// and trace id. Npgsql never logs values.
    /// </summary>
    static void AddLogging(ILoggingBuilder logs) => logs
        .AddFilter("Microsoft.AspNetCore", LogLevel.Warning)
        .AddFilter("Npgsql", LogLevel.Warning);

    /// <summary>
    /// ASP.NET's authentication brings a key ring that writes keys of its own into the home folder at every start. Nothing here is protected by it:
    /// our secrets come from the master keys.
    /// </summary>
    static void DropKeyRing(IServiceCollection services)
    {
        foreach (var loader in services.Where(s => s.ServiceType == typeof(IHostedService) && s.ImplementationType?.Name == "DataProtectionHostedService").ToList())
            services.Remove(loader);
    }

    /// <summary>
    /// Option <c>Http:TrustedProxies</c>: addresses or networks (10.0.0.0/8) of the proxies in front, comma separated. Only what they say of the
    /// caller's address and scheme is believed; default none.
    /// </summary>
    static ForwardedHeadersOptions? TrustedProxies(IConfiguration configuration)
    {
        var trusted = (configuration["Http:TrustedProxies"] ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (trusted.Length == 0) return null;
        var options = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto, ForwardLimit = null };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var proxy in trusted)
            options.KnownIPNetworks.Add(Network(proxy) ?? throw new ShopSettingsException(
                $"Http:TrustedProxies has '{proxy}', which is no address and no network. Write 10.0.0.7 or 10.0.0.0/8."));
        return options;
    }

    static System.Net.IPNetwork? Network(string text) =>
        System.Net.IPNetwork.TryParse(text, out var network) ? network
        : System.Net.IPAddress.TryParse(text, out var address) ? new(address, address.GetAddressBytes().Length * 8) : null;
}
