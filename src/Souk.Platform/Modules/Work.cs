using Souk.Platform.Bus;
using Souk.Platform.Data;
using Souk.Platform.Health;
using Souk.Platform.Jobs;
using Souk.Platform.Outbox;
using Souk.Platform.SecurityLog;
using Souk.Platform.Telemetry;

namespace Souk.Platform.Modules;

/// <summary>What runs beside the answering of requests: bus and health in every process; jobs, schedules and events in those with the role <c>worker</c>.</summary>
public static class Work
{
    /// <summary>Call it after the modules have mapped their work, so that at a stop jobs end before what they stand on. Nothing runs before the process starts.</summary>
    public static IServiceCollection AddWork(this IServiceCollection services, string connectionString, WorkMap work, Migrator migrator, IConfiguration configuration, bool runs)
    {
        services.AddSingleton(provider => new WorkDatabase(connectionString, (ILoggerFactory?)provider.GetService<SlowStatements>() ?? provider.GetService<ILoggerFactory>()));
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<PostgresBus>(provider, connectionString));
        services.AddSingleton<IBus>(provider => provider.GetRequiredService<PostgresBus>());
        services.AddHostedService(provider => provider.GetRequiredService<PostgresBus>());
        services.AddSingleton<JobSignal>();
        services.AddSingleton(migrator);
        var health = HealthOptions.Read(connectionString, configuration);
        services.AddSingleton(health);
        services.PostConfigure<HostOptions>(host => host.ShutdownTimeout += health.Drain);
        services.AddSingleton<ProcessHealth>();
        services.AddHostedService(provider => provider.GetRequiredService<ProcessHealth>());

        services.AddSecurityLog(seals: runs);
        services.AddSingleton(work);
        work.Every(ForgetOldEvents.Cron, ForgetOldEvents.JobType, ForgetOldEvents.RunAsync);
        if (!runs) return services;
        services.AddSingleton(new RelayLimits());
        services.AddHostedService<JobRunner>();
        services.AddHostedService<Scheduler>();
        services.AddHostedService<Relay>();
        return services;
    }

    /// <summary>Measures what waits, for processes that somebody watches.</summary>
    public static IServiceCollection AddBacklogMeasures(this IServiceCollection services) => services.AddHostedService<MeasureBacklog>();

    /// <summary>Health, which every process answers.</summary>
    public static void MapHealth(this IEndpointRouteBuilder routes) => ProcessHealth.Map(routes);

    /// <summary>Staff's view of work that failed.</summary>
    public static void MapWork(this IEndpointRouteBuilder routes)
    {
        ListDeadJobs.Map(routes);
        ReplayDeadJob.Map(routes);
    }

    /// <summary>Tells the event log who will read it; part of every migration. Subscribers that are new to it start here.</summary>
    public static async Task RegisterSubscribersAsync(string connectionString, WorkMap work, CancellationToken cancel)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, ApplicationName = "souk migrate" }.ConnectionString);
        await connection.OpenAsync(cancel);
        await Subscriber.RegisterAsync(connection, work, TimeProvider.System.GetUtcNow(), cancel);
    }
}
