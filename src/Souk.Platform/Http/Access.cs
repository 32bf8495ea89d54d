using Microsoft.AspNetCore.Authorization;
using Souk.Platform.SecurityLog;

namespace Souk.Platform.Http;

/// <summary>Who may call a route. Every route says one of the three; the host refuses to start with one that does not.</summary>
public static class Access
{
    public static TBuilder ForEveryone<TBuilder>(this TBuilder route) where TBuilder : IEndpointConventionBuilder =>
        route.AllowAnonymous();

    public static TBuilder ForSignedIn<TBuilder>(this TBuilder route) where TBuilder : IEndpointConventionBuilder =>
        route.RequireAuthorization();

    /// <summary>What staff ask for, but for reading, stands in the security log before it is done.</summary>
    public static TBuilder ForStaff<TBuilder>(this TBuilder route) where TBuilder : IEndpointConventionBuilder =>
        route.RequireAuthorization(policy => policy.RequireRole(Caller.StaffRole)).AddEndpointFilter(StaffActs.Instance);

    /// <summary>The routes of an application that forgot to say who may call them.</summary>
    public static IEnumerable<string> Undeclared(EndpointDataSource endpoints) =>
        from endpoint in endpoints.Endpoints.OfType<RouteEndpoint>()
        where endpoint.Metadata.GetMetadata<IAuthorizeData>() is null && endpoint.Metadata.GetMetadata<AuthorizationPolicy>() is null
            && endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null
        select endpoint.RoutePattern.RawText ?? endpoint.DisplayName ?? "?";
}
