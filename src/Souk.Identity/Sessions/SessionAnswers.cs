using Souk.Contracts;
using Souk.Identity.Accounts;
using Souk.Identity.Guessing;
using Souk.Identity.SecondFactors;
using Souk.Identity.Tokens;
using Souk.Platform;

namespace Souk.Identity.Sessions;

/// <summary>What whoever has a new session is answered, whether the password was enough or a second factor came after it.</summary>
internal sealed class SessionAnswers(PersonalData people, SessionIssuer sessions, CookieSessions cookies, CsrfTokens csrf, SessionTokens tokens, DeviceTokens devices, StaffFactor staff,
    IOrdering ordering)
{
    /// <summary>A longer cart token is none.</summary>
    const int CartTokenLengthMax = 500;

    /// <summary>201; in cookie mode also sets the cookies. Copies the guest's cart of the token, if there is one.</summary>
    public async Task<Results<Created<SignedIn>, Error>> AnswerAsync(Account account, SessionToken token, bool isCookie, string? cartToken, string? deviceToken, HttpContext http,
        CancellationToken cancel)
    {
        var user = await account.ShowAsync(people, cancel);
        // Erased: nobody is there who could sign in, and nobody learns of the session.
        if (user.Email is null) return SessionErrors.CredentialsWrong;
        CartId? cart = cartToken is { Length: > 0 and <= CartTokenLengthMax }
            ? await ordering.CopyGuestCartAsync(cartToken, account.Id, cancel) : null;

        http.Response.Headers.CacheControl = "no-store";
        var device = devices.Renew(DeviceTokens.Of(deviceToken, http.Request), account.Id);
        if (!isCookie) return TypedResults.Created("/v1/sessions/current", await sessions.AnswerAsync(account, user, token, cart, cancel) with { DeviceToken = device });
        var cookie = tokens.Write(token, CookieSessions.Mode);
        cookies.Set(http, cookie);
        DeviceTokens.Set(http, device);
        return TypedResults.Created("/v1/sessions/current", new SignedIn(user, CsrfToken: csrf.Make(cookie), CartId: cart,
            SecondFactorSetupRequired: await staff.IsMissingAsync(account, cancel) ? true : null));
    }
}
