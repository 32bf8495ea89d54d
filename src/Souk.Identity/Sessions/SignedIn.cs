using Souk.Identity.Accounts;

namespace Souk.Identity.Sessions;

/// <summary>What a sign-in or refresh answers. In token mode the first four are there; in cookie mode <paramref name="CsrfToken"/> is, and a cookie.</summary>
/// <param name="ExpiresIn">Seconds that the access token still serves.</param>
/// <param name="RefreshToken">Serves once.</param>
/// <param name="CsrfToken">Sent back as <c>Souk-Csrf-Token</c> with every unsafe request.</param>
/// <param name="DeviceToken">Of a sign-in in token mode: send it as <c>Souk-Device-Token</c> with the next one on this device. It serves 180 days and opens nothing.</param>
/// <param name="CartId">The copy of the guest's cart, when its token was sent along and it had lines.</param>
/// <param name="SecondFactorSetupRequired">True for staff of a shop that wants a second factor of them and who have none: until they set one up the session is no staff's.</param>
internal sealed record SignedIn(User User, string? AccessToken = null, string? TokenType = null, int? ExpiresIn = null, string? RefreshToken = null,
    string? CsrfToken = null, CartId? CartId = null, bool? SecondFactorSetupRequired = null, string? DeviceToken = null);
