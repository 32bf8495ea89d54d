using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Souk.Identity.Sessions;
using Souk.Platform;

namespace Souk.Identity.Tokens;

/// <summary>
/// What a page must send beside its cookie with every unsafe request. Another site can make a browser send the cookie, but never learns this:
/// it follows from the cookie by a key that only the shop has.
/// </summary>
internal sealed class CsrfTokens(MasterKeys keys)
{
    public const string Header = "Souk-Csrf-Token";

    readonly byte[] key = keys.Derive("identity.csrf-tokens");

    public string Make(string cookie) => Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(cookie)));

    /// <summary>The token of the caller's cookie; null for a caller without one.</summary>
    public string? Of(HttpContext http) =>
        http.User.Identity?.AuthenticationType == CookieSessions.Mode && http.Request.Cookies[CookieSessions.Name] is { } cookie ? Make(cookie) : null;

    /// <summary>True when the request may act on its cookie: a safe method, or the right header.</summary>
    public bool Allows(HttpRequest request)
    {
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method)) return true;
        return request.Cookies[CookieSessions.Name] is { } cookie
            && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Make(cookie)), Encoding.UTF8.GetBytes(request.Headers[Header].ToString()));
    }
}
