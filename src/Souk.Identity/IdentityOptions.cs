namespace Souk.Identity;

/// <summary>Configuration section <c>Identity</c>. Values out of range stop the start.</summary>
public sealed class IdentityOptions
{
    /// <summary>How long an access token serves, in minutes, 1..60. Default 10.</summary>
    public int AccessTokenMinutes { get; init; } = 10;

    /// <summary>A session that is not refreshed for so many days ends, 1..90. Default 30.</summary>
    public int RefreshIdleDays { get; init; } = 30;

    /// <summary>A cookie that is not used for so many days ends, 1..90. Default 14.</summary>
    public int CookieIdleDays { get; init; } = 14;

    /// <summary>Every session ends after so many days, however much it is used, 1..365. Default 90.</summary>
    public int SessionDaysMax { get; init; } = 90;

    /// <summary>Passwords hashed at once, 1..64; each takes 19 MiB and a core for about 20 ms. Default: processors − 1, at least 1.</summary>
    public int PasswordsAtOnceMax { get; init; } = Math.Clamp(Environment.ProcessorCount - 1, 1, 64);

    /// <summary>Sign-ins and registrations that wait for their turn to hash, 0..10,000; more are refused with 503 <c>sign_in_busy</c>. Default 64.</summary>
    public int PasswordQueueMax { get; init; } = 64;

    /// <summary>How long a sign-in or step-up serves for dangerous acts, in minutes, 1..1,440; then 403 <c>step_up_required</c>. Default 15.</summary>
    public int StepUpMinutes { get; init; } = 15;

    /// <summary>Staff without a second factor can do nothing of staff until they have set one up. Default false.</summary>
    public bool StaffNeedSecondFactor { get; init; }

    /// <summary>What authenticators call the shop, 1..40 characters without a colon. Default <c>Souk</c>.</summary>
    public string TotpIssuer { get; init; } = "Souk";

    internal TimeSpan AccessTokenTime => TimeSpan.FromMinutes(AccessTokenMinutes);

    internal static IdentityOptions Read(IConfiguration configuration)
    {
        var options = configuration.GetSection("Identity").Get<IdentityOptions>() ?? new();
        Check(nameof(AccessTokenMinutes), options.AccessTokenMinutes, 1, 60);
        Check(nameof(RefreshIdleDays), options.RefreshIdleDays, 1, 90);
        Check(nameof(CookieIdleDays), options.CookieIdleDays, 1, 90);
        Check(nameof(SessionDaysMax), options.SessionDaysMax, 1, 365);
        Check(nameof(PasswordsAtOnceMax), options.PasswordsAtOnceMax, 1, 64);
        Check(nameof(PasswordQueueMax), options.PasswordQueueMax, 0, 10_000);
        Check(nameof(StepUpMinutes), options.StepUpMinutes, 1, 1_440);
        if (options.TotpIssuer is not { Length: > 0 and <= 40 } issuer || issuer.Contains(':', StringComparison.Ordinal))
            throw new InvalidOperationException($"The setting Identity:{nameof(TotpIssuer)} is '{options.TotpIssuer}'; it has 1 to 40 characters and no colon.");
        return options;
    }

    static void Check(string name, int value, int min, int max)
    {
        if (value < min || value > max) throw new InvalidOperationException($"The setting Identity:{name} is {value}; it goes from {min} to {max}.");
    }
}
