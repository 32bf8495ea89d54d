using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Souk.Identity.Accounts;
using Souk.Identity.ApiKeys;
using Souk.Identity.SecondFactors;
using Souk.Identity.Sessions;

namespace Souk.Identity.Tokens;

/// <summary>
/// Finds out who calls: the bearer of an access token or an API key, or a browser with a session cookie. A token or key that is not valid is refused on every
/// route, also on open ones: its bearer believes to be known. A cookie that names no session is a visitor without one. What the caller may do for the shop
/// becomes claims, whichever way it came.
/// </summary>
internal sealed class SoukAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logs, UrlEncoder encoder,
    AccessTokens tokens, RevokedSessions revoked, CookieSessions cookies, LivingApiKeys keys, CsrfTokens csrf)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logs, encoder), IAuthenticationRequestHandler
{
    public const string SchemeName = "Souk";

    /// <summary>Ways to be known, beside <see cref="CookieSessions.Mode"/>.</summary>
    const string BearerKind = "bearer", ApiKeyKind = "api_key";

    /// <summary>The access token or API key of the request, however broken; null when the request names none. Other schemes are a proxy's business, not ours.</summary>
    public static string? BearerOf(HttpRequest request)
    {
        var parts = request.Headers.Authorization.ToString().Split(' ', 2);
        return parts[0].Equals("Bearer", StringComparison.OrdinalIgnoreCase) ? parts.ElementAtOrDefault(1)?.Trim() ?? "" : null;
    }

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Context.GetEndpoint()?.Metadata.GetMetadata<IgnoresCaller>() is not null) return AuthenticateResult.NoResult();
        if (BearerOf(Request) is { } key && ApiKeyTexts.IsOne(key))
            return await keys.FindAsync(key, Context.RequestAborted) is { } machine ? Ticket(machine) : AuthenticateResult.Fail("The API key is not valid.");
        if (BearerOf(Request) is { } bearer)
            return await tokens.CheckAsync(bearer, evenExpired: false, Context.RequestAborted) is { } claims && !revoked.Contains(claims.SessionId)
                ? Ticket(BearerKind, claims) : AuthenticateResult.Fail("The access token is not valid.");
        return await cookies.FindAsync(Context, Context.RequestAborted) is { } session
            ? Ticket(CookieSessions.Mode, new(session.AccountId, session.SessionId, session.Roles))
            : AuthenticateResult.NoResult();
    }

    /// <summary>True when the request ends here.</summary>
    public async Task<bool> HandleRequestAsync()
    {
        var found = await HandleAuthenticateOnceAsync();
        if (found.Failure is not null)
        {
            await HandleChallengeAsync(new());
            return true;
        }
        if (found.Principal?.Identity?.AuthenticationType != CookieSessions.Mode || csrf.Allows(Request)) return false;
        await SessionErrors.CsrfTokenInvalid.ExecuteAsync(Context);
        return true;
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var bearer = BearerOf(Request);
        Response.Headers.WWWAuthenticate = bearer is null ? "Bearer realm=\"souk\"" : "Bearer realm=\"souk\", error=\"invalid_token\"";
        await (bearer is null ? SessionErrors.NotSignedIn : ApiKeyTexts.IsOne(bearer) ? ApiKeyErrors.Invalid : SessionErrors.AccessTokenInvalid).ExecuteAsync(Context);
    }

    protected override async Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = "Bearer realm=\"souk\", error=\"insufficient_scope\"";
        await (Context.User.IsInRole(StaffFactor.PendingRole) ? SecondFactorErrors.SetupRequired
            : Context.GetEndpoint()?.Metadata.GetMetadata<Permission>() is { } needed ? SessionErrors.Lacks(needed) : SessionErrors.NotAllowed).ExecuteAsync(Context);
    }

    static AuthenticateResult Ticket(string kind, AccessTokens.Claims claims)
    {
        var identity = new ClaimsIdentity(kind, Caller.AccountClaim, ClaimTypes.Role);
        identity.AddClaim(new(Caller.AccountClaim, claims.AccountId.ToString()));
        identity.AddClaim(new(Caller.SessionClaim, claims.SessionId.ToString()));
        foreach (var role in claims.Roles) identity.AddClaim(new(ClaimTypes.Role, role));
        return Ticket(identity, Roles.PermissionsOf(claims.Roles).Select(permission => permission.Name));
    }

    static AuthenticateResult Ticket(LivingApiKeys.Bearer key)
    {
        var identity = new ClaimsIdentity(ApiKeyKind, Caller.ApiKeyClaim, ClaimTypes.Role);
        identity.AddClaim(new(Caller.ApiKeyClaim, key.Id.Value.ToString()));
        return Ticket(identity, key.Permissions);
    }

    static AuthenticateResult Ticket(ClaimsIdentity identity, IEnumerable<string> permissions)
    {
        foreach (var permission in permissions) identity.AddClaim(new(Permission.Claim, permission));
        return AuthenticateResult.Success(new(new ClaimsPrincipal(identity), SchemeName));
    }
}
