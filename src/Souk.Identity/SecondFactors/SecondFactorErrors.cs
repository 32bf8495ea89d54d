namespace Souk.Identity.SecondFactors;

/// <summary>Every way second factors say no. A code is API: add new ones, never rename one.</summary>
internal static class SecondFactorErrors
{
    public static Error Required(string challenge, DateTimeOffset expiresAt) => new(401, "second_factor_required",
        "The password is right; a second factor is due. Send a code to /v1/sessions/challenges/{challenge}.")
    {
        Details = [("challenge", challenge), ("methods", SecondFactorCodes.Methods), ("expiresAt", expiresAt)],
    };

    public static readonly Error ChallengeEnded = new(401, "challenge_ended",
        "This challenge was answered, has expired, had too many wrong codes or is unknown, or the password has changed since. Sign in again.");

    /// <summary>401 where a sign-in is under way; <see cref="Here"/> makes it the 403 of who is signed in.</summary>
    public static readonly Error CodeWrong = new(401, "code_wrong",
        "This code is wrong or was used before. Check the clock of your authenticator and take its next code, or a recovery code.");

    public static Error CodesTooMany(TimeSpan wait) => new(429, "codes_too_many",
        "Too many codes were wrong, so none is looked at until Retry-After has passed. A recovery code serves meanwhile.")
    { RetryAfterSeconds = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)) };

    public static readonly Error Active = Error.Conflict("second_factor_active", "Your account has an authenticator. Remove it first, then set up another.");

    public static readonly Error Missing = Error.Conflict("second_factor_missing",
        "There is no authenticator that this could be about. Begin with POST /v1/me/second-factors/totp.");

    public static readonly Error SetupRequired = new(403, "second_factor_setup_required",
        "Staff of this shop need a second factor. Set one up at /v1/me/second-factors/totp, then refresh your token.");

    public static Error StepUpRequired(bool hasFactor) => new(403, "step_up_required",
        "This needs a recent proof that it is you. Send it to POST /v1/me/step-up, then try again.")
    { Details = [("methods", hasFactor ? SecondFactorCodes.Methods : ["password"])] };

    /// <summary>As it is told to who is signed in: a 401 would tell them to sign in anew.</summary>
    public static Error Here(Error error) => error.Status == 401 ? error with { Status = 403 } : error;

    /// <summary>A longer text is no code; nobody looks at it.</summary>
    const int CodeLengthMax = 64;

    public static Error? RefuseCode(string? code) => code?.Trim() switch
    {
        null or "" => Error.Invalid("/code", "A code of your authenticator or a recovery code is needed."),
        { Length: > CodeLengthMax } => Error.Invalid("/code", $"A code has at most {CodeLengthMax} characters."),
        _ => null,
    };
}
