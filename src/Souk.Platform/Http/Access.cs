using Microsoft.AspNetCore.Authorization;
using Souk.Platform.SecurityLog;

namespace Souk.Platform.Http;

/// <summary>
/// Who may call a route. Every route says one of the three, and one for staff names what it takes; the host refuses to start with a route that does not.
/// </summary>
public static class Access
{
    /// <summary>What staff and machines call; every route of it takes a permission.</summary>
    const string StaffPath = "/v1/admin/";

    public static TBuilder ForEveryone<TBuilder>(this TBuilder route) where TBuilder : IEndpointConventionBuilder =>
        route.AllowAnonymous();

    /// <summary>Accounts that signed in, for what is their own. Not API keys: a key has no profile, no orders and no wallet.</summary>
    public static TBuilder ForSignedIn<TBuilder>(this TBuilder route) where TBuilder : IEndpointConventionBuilder =>
        route.RequireAuthorization(policy => policy.RequireClaim(Caller.AccountClaim));

    /// <summary>
    /// Who has this permission: an account by one of its roles, or an API key. What they ask for, but for reading, stands in the security log before it is done.
    /// </summary>
    public static TBuilder ForStaff<TBuilder>(this TBuilder route, Permission permission) where TBuilder : IEndpointConventionBuilder =>
        route.RequireAuthorization(policy => policy.RequireClaim(Permission.Claim, permission.Name)).WithMetadata(permission).AddEndpointFilter(StaffActs.Instance);

    /// <summary>The routes of an application that forgot to say who may call them, or what it takes.</summary>
    public static IEnumerable<string> Undeclared(EndpointDataSource endpoints) =>
        from endpoint in endpoints.Endpoints.OfType<RouteEndpoint>()
        let path = endpoint.RoutePattern.RawText ?? endpoint.DisplayName ?? "?"
        where (endpoint.Metadata.GetMetadata<IAuthorizeData>() is null && endpoint.Metadata.GetMetadata<AuthorizationPolicy>() is null
                && endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null)
            || (path.StartsWith(StaffPath, StringComparison.Ordinal) && endpoint.Metadata.GetMetadata<Permission>() is null)
        select path;
}
