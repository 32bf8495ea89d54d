using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Souk.Platform.SecurityLog;

/// <summary>The security log in a process of the shop.</summary>
public static class SecurityLogPlatform
{
    /// <param name="seals">Whether this process seals: those with the role <c>worker</c> do, one of them at a time.</param>
    internal static IServiceCollection AddSecurityLog(this IServiceCollection services, bool seals)
    {
        services.TryAddSingleton<SecurityEntries>();
        services.TryAddSingleton<SecurityChain>();
        if (!seals) return services;
        services.AddSingleton<Sealer>();
        services.AddHostedService<SealSecurityLog>();
        return services;
    }

    /// <summary>Staff's view of it.</summary>
    public static void MapSecurityLog(this IEndpointRouteBuilder routes) => ListSecurityLog.Map(routes);
}
