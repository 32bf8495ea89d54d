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

    /// <summary>Passwords hashed at once, 1..64; each takes 19 MiB and a core for about 20 ms as set by default. Default: processors − 1, at least 1.</summary>
    public int PasswordsAtOnceMax { get; init; } = Math.Clamp(Environment.ProcessorCount - 1, 1, 64);

    /// <summary>Sign-ins and registrations that wait for their turn to hash, 0..10,000; more are refused with 503 <c>sign_in_busy</c>. Default 64.</summary>
    public int PasswordQueueMax { get; init; } = 64;

    /// <summary>How long a sign-in or step-up serves for dangerous acts, in minutes, 1..1,440; then 403 <c>step_up_required</c>. Default 15.</summary>
    public int StepUpMinutes { get; init; } = 15;

    /// <summary>Staff without a second factor can do nothing of staff until they have set one up. Default false.</summary>
    public bool StaffNeedSecondFactor { get; init; }

    /// <summary>What authenticators call the shop, 1..40 characters without a colon. Default <c>Souk</c>.</summary>
    public string TotpIssuer { get; init; } = "Souk";
    /// <summary>Memory that hashing a password takes, in KiB, 8,192..1,048,576. Default 19,456. Hashes made with another value are renewed at the next sign-in.</summary>
    public int PasswordMemoryKibibytes { get; init; } = 19_456;

    /// <summary>How often hashing a password goes over its memory, 1..16. Default 2. Hashes made with another value are renewed at the next sign-in.</summary>
    public int PasswordPasses { get; init; } = 2;

    /// <summary>
    /// A secret that passwords are keyed with before they are hashed: 32 bytes in base64, kept apart from the database, in a variable or souk.json. Default none.
    /// Whoever loses it locks everybody out.
    /// </summary>
    public string? PasswordPepper { get; init; }

    /// <summary>What hashes call the pepper that they were made with: 1..8 letters and digits. Default <c>1</c>.</summary>
    public string PasswordPepperId { get; init; } = "1";

    /// <summary>Earlier peppers by their ids: hashes made with them verify still, and are renewed at the next sign-in. Default none.</summary>
    public Dictionary<string, string> OldPasswordPeppers { get; init; } = [];

    /// <summary>Sign-ins to one account from unknown devices that may fail before the next has to wait, 1..100. Default 5.</summary>
    public int AccountTriesFree { get; init; } = 5;

    /// <summary>Sign-ins from one known device that may fail before its next has to wait, 1..100. Default 10.</summary>
    public int DeviceTriesFree { get; init; } = 10;

    /// <summary>Sign-ins from one address range (/24 of IPv4, /64 of IPv6) that may fail before its next has to wait, 10..100,000. Default 100.</summary>
    public int RangeTriesFree { get; init; } = 100;

    /// <summary>E-mails tried without success from one address range in ten minutes that make it stuffing, 5..50. Default 30; the range waits then as if it had no free tries left.</summary>
    public int StuffingEmails { get; init; } = 30;

    /// <summary>The longest that failed sign-ins make the next one wait, in seconds, 1..86,400. Default 900.</summary>
    public int SignInDelaySecondsMax { get; init; } = 900;
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
        Check(nameof(StepUpMinutes), options.StepUpMinutes, 1, 1_440);
        if (options.TotpIssuer is not { Length: > 0 and <= 40 } issuer || issuer.Contains(':', StringComparison.Ordinal))
            throw new InvalidOperationException($"The setting Identity:{nameof(TotpIssuer)} is '{options.TotpIssuer}'; it has 1 to 40 characters and no colon.");
        Check(nameof(PasswordMemoryKibibytes), options.PasswordMemoryKibibytes, 8_192, 1_048_576);
        Check(nameof(PasswordPasses), options.PasswordPasses, 1, 16);
        Check(nameof(AccountTriesFree), options.AccountTriesFree, 1, 100);
        Check(nameof(DeviceTriesFree), options.DeviceTriesFree, 1, 100);
        Check(nameof(RangeTriesFree), options.RangeTriesFree, 10, 100_000);
        Check(nameof(StuffingEmails), options.StuffingEmails, 5, 50);
        Check(nameof(SignInDelaySecondsMax), options.SignInDelaySecondsMax, 1, 86_400);
        _ = new Passwords.Peppers(options);   // refuses what cannot work
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
