namespace Souk.Identity.Passwords;

internal static class PasswordErrors
{
    public static readonly Error Busy = new(503, "sign_in_busy",
        "More people sign in than can be served right now. Try again in a moment.") { RetryAfterSeconds = 2 };

    public static readonly Error Wrong = new(403, "password_wrong", "currentPassword is not the password of this account.");

    public static readonly Error ChangedMeanwhile = Error.Conflict("password_changed",
        "The password was changed by another request while this one ran. Sign in with the new one.");
}
