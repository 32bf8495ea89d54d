namespace Souk.Identity.Sessions;

/// <summary>Every way sessions say no. A code is API: add new ones, never rename one.</summary>
internal static class SessionErrors
{
    /// <summary>The same for an unknown e-mail, one that is not verified, and a wrong password: which of them is nobody's business.</summary>
    public static readonly Error CredentialsWrong = new(401, "credentials_wrong",
        "E-mail and password do not belong together, or the e-mail is still to be verified: open the link in the mail, or ask for a new password.");

    public static readonly Error RefreshTokenInvalid = new(401, "refresh_token_invalid", "This refresh token is unknown, or its session has ended. Sign in again.");

    public static readonly Error RefreshTokenReused = new(401, "refresh_token_reused",
        "This refresh token was spent before. Someone else may hold it, so its session has ended. Sign in again.");

    public static readonly Error AccessTokenInvalid = new(401, "access_token_invalid",
        "The access token is not valid, has expired, or its session has ended. Refresh it, or sign in again.");

    public static readonly Error NotSignedIn = new(401, "not_signed_in", "Sign in and send the access token as 'Authorization: Bearer …'.");

    public static readonly Error NotAllowed = new(403, "not_allowed", "Your account may not do this.");

    public static readonly Error CsrfTokenInvalid = new(403, "csrf_token_invalid",
        "Send the csrfToken of your sign-in as Souk-Csrf-Token. GET /v1/me answers it in a header of that name.");
}
