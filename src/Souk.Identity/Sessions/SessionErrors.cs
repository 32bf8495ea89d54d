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

    /// <summary>On a route for accounts: whoever is known and has none calls with an API key.</summary>
    public static readonly Error NotAllowed = new(403, "not_allowed", "This is about somebody's own account, and an API key has none. Sign in as that account.");

    public static Error Lacks(Permission permission) => new(403, "not_allowed", $"This takes the permission {permission}, which you do not have. Ask staff for a role or a key that has it.")
    {
        Details = [("permission", permission.Name)],
    };

    public static readonly Error NotFound = Error.NotFound("session_not_found", "You have no such session. List yours at /v1/me/sessions.");

    public static readonly Error ExceptUnknown = Error.Malformed("filter_invalid", "except takes the one value current. Without it all sessions end.");

    public static readonly Error CsrfTokenInvalid = new(403, "csrf_token_invalid",
        "Send the csrfToken of your sign-in as Souk-Csrf-Token. GET /v1/me answers it in a header of that name.");
}
