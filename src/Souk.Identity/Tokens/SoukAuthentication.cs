using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Souk.Identity.SecondFactors;
using Souk.Identity.Sessions;

namespace Souk.Identity.Tokens;

/// <summary>
/// Finds out who calls: the bearer of an access token, or a browser with a session cookie. An access token that is not valid is refused on every
/// route, also on open ones: its bearer believes to be signed in. A cookie that names no session is a visitor without one.
/// </summary>
internal sealed class SoukAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logs, UrlEncoder encoder,
    AccessTokens tokens, RevokedSessions revoked, CookieSessions cookies, CsrfTokens csrf)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logs, encoder), IAuthenticationRequestHandler
{
    public const string SchemeName = "Souk";

    /// <summary>The access token of the request, however broken; null when the request names none. Other schemes are a proxy's business, not ours.</summary>
    public static string? BearerOf(HttpRequest request)
    {
        var parts = request.Headers.Authorization.ToString().Split(' ', 2);
        return parts[0].Equals("Bearer", StringComparison.OrdinalIgnoreCase) ? parts.ElementAtOrDefault(1)?.Trim() ?? "" : null;
    }

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Context.GetEndpoint()?.Metadata.GetMetadata<IgnoresCaller>() is not null) return AuthenticateResult.NoResult();
        if (BearerOf(Request) is { } bearer)
            return await tokens.CheckAsync(bearer, evenExpired: false, Context.RequestAborted) is { } claims && !revoked.Contains(claims.SessionId)
                ? Ticket("bearer", claims) : AuthenticateResult.Fail("The access token is not valid.");
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
        var invalid = BearerOf(Request) is not null;
        Response.Headers.WWWAuthenticate = invalid ? "Bearer realm=\"souk\", error=\"invalid_token\"" : "Bearer realm=\"souk\"";
        await (invalid ? SessionErrors.AccessTokenInvalid : SessionErrors.NotSignedIn).ExecuteAsync(Context);
    }

    protected override async Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = "Bearer realm=\"souk\", error=\"insufficient_scope\"";
        await (Context.User.IsInRole(StaffFactor.PendingRole) ? SecondFactorErrors.SetupRequired : SessionErrors.NotAllowed).ExecuteAsync(Context);
    }

    static AuthenticateResult Ticket(string kind, AccessTokens.Claims claims)
    {
        var identity = new ClaimsIdentity(kind, "sub", ClaimTypes.Role);
        identity.AddClaim(new("sub", claims.AccountId.ToString()));
        identity.AddClaim(new(Caller.SessionClaim, claims.SessionId.ToString()));
        foreach (var role in claims.Roles) identity.AddClaim(new(ClaimTypes.Role, role));
        return AuthenticateResult.Success(new(new ClaimsPrincipal(identity), SchemeName));
    }
}
