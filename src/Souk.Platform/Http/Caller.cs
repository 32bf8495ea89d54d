using System.Reflection;
using System.Security.Claims;

namespace Souk.Platform.Http;

/// <summary>Who sends the request, as authentication found it. A handler takes it as a parameter.</summary>
/// <param name="AccountId">The signed-in account, or null for an anonymous visitor.</param>
/// <param name="SessionId">The session that the account signed in with.</param>
/// <param name="IsStaff">May use <c>/v1/admin</c>.</param>
public sealed record Caller(Guid? AccountId, Guid? SessionId, bool IsStaff)
{
    /// <summary>The claim that holds the session.</summary>
    public const string SessionClaim = "sid";

    /// <summary>The role of people who run the shop.</summary>
    public const string StaffRole = "staff";

    /// <summary>The account behind a route that requires sign-in.</summary>
    public Guid RequiredAccountId => AccountId ?? throw new InvalidOperationException("This route is open to anonymous visitors; read AccountId.");

    public static Caller Of(ClaimsPrincipal user) => new(
        Guid.TryParse(user.FindFirstValue("sub"), out var account) ? account : null,
        Guid.TryParse(user.FindFirstValue(SessionClaim), out var session) ? session : null,
        user.IsInRole(StaffRole));

    public static ValueTask<Caller> BindAsync(HttpContext http, ParameterInfo _) => ValueTask.FromResult(Of(http.User));
}
