using System.Reflection;
using System.Security.Claims;

namespace Souk.Platform.Http;

/// <summary>Who sends the request, as authentication found it. A handler takes it as a parameter.</summary>
/// <param name="AccountId">The signed-in account, or null for an anonymous visitor and for an API key.</param>
/// <param name="SessionId">The session that the account signed in with.</param>
/// <param name="IsStaff">Has the role that may do everything. What a caller may do is a matter of permissions: <see cref="Access.ForStaff"/>.</param>
/// <param name="ApiKeyId">The API key of a machine; then there is no account.</param>
public sealed record Caller(Guid? AccountId, Guid? SessionId, bool IsStaff, Guid? ApiKeyId = null)
{
    /// <summary>The claims that hold account, session and API key.</summary>
    public const string AccountClaim = "sub", SessionClaim = "sid", ApiKeyClaim = "key";

    /// <summary>The role of people who run the shop.</summary>
    public const string StaffRole = "staff";

    /// <summary>The account behind a route that requires sign-in.</summary>
    public Guid RequiredAccountId => AccountId ?? throw new InvalidOperationException("This route is open to anonymous visitors and API keys; read AccountId or ActorId.");

    /// <summary>Who acts for the shop on a route for staff, and whose idempotency keys are: the account, or the API key.</summary>
    public Guid ActorId => AccountId ?? ApiKeyId ?? throw new InvalidOperationException("This route is open to anonymous visitors; read AccountId.");

    public static Caller Of(ClaimsPrincipal user) => new(
        IdOf(user, AccountClaim), IdOf(user, SessionClaim), user.IsInRole(StaffRole), IdOf(user, ApiKeyClaim));

    public static ValueTask<Caller> BindAsync(HttpContext http, ParameterInfo _) => ValueTask.FromResult(Of(http.User));

    static Guid? IdOf(ClaimsPrincipal user, string claim) => Guid.TryParse(user.FindFirstValue(claim), out var id) ? id : null;
}
