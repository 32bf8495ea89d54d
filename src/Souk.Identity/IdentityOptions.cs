using Souk.Platform.Mail;

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

    /// <summary>
    /// <c>true</c>: who registers must show by a mail that the address is theirs before they can sign in, and no answer tells whether an address has an account.
    /// <c>false</c>: they can sign in at once. Default: true when <c>Mail:Host</c> is set.
    /// </summary>
    public bool? VerifyEmail { get; init; }

    internal bool VerifiesEmail { get; private set; }

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
        var mail = MailOptions.Read(configuration);
        if (options.VerifyEmail is true && !mail.IsOn)
            throw new InvalidOperationException($"The setting Identity:{nameof(VerifyEmail)} needs Mail:Host or Mail:Folder: nobody could verify an address.");
        options.VerifiesEmail = options.VerifyEmail ?? mail.IsSmtp;
        return options;
    }

    static void Check(string name, int value, int min, int max)
    {
        if (value < min || value > max) throw new InvalidOperationException($"The setting Identity:{name} is {value}; it goes from {min} to {max}.");
    }
}
