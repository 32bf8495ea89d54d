namespace Souk.Platform.SecurityLog;

/// <summary>The class of an OCSF event; its number begins with its category.</summary>
public enum OcsfClass { AccountChange = 3001, Authentication = 3002, ApiActivity = 6003 }

/// <summary>
/// What can stand in the security log: the closed list, a line each. A code is stored for ever and never renamed; the rest says how an export shows it.
/// </summary>
public sealed class SecurityAct
{
    /// <summary>Activities of OCSF 1.3: an export says "other" with the code where the class has no word of its own.</summary>
    const int Logon = 1, Logoff = 2, Create = 1, PasswordChange = 3, Reset = 4, EnableFactor = 10, DisableFactor = 11, Other = 99;

    static readonly List<SecurityAct> all = [];

    public static readonly SecurityAct SignIn = new("sign_in", OcsfClass.Authentication, Logon);
    public static readonly SecurityAct SignInRefused = new("sign_in_refused", OcsfClass.Authentication, Logon);
    public static readonly SecurityAct SecondFactorRefused = new("second_factor_refused", OcsfClass.Authentication, Logon);
    public static readonly SecurityAct SignedOut = new("signed_out", OcsfClass.Authentication, Logoff);
    public static readonly SecurityAct RefreshTokenReused = new("refresh_token_reused", OcsfClass.Authentication, Other, isAlarming: true);
    public static readonly SecurityAct Registered = new("registered", OcsfClass.AccountChange, Create);
    public static readonly SecurityAct FirstStaffMade = new("first_staff_made", OcsfClass.AccountChange, Create);
    public static readonly SecurityAct PasswordChanged = new("password_changed", OcsfClass.AccountChange, PasswordChange);
    public static readonly SecurityAct PasswordReset = new("password_reset", OcsfClass.AccountChange, Reset);
    public static readonly SecurityAct EmailChanged = new("email_changed", OcsfClass.AccountChange, Other);
    public static readonly SecurityAct SecondFactorAdded = new("second_factor_added", OcsfClass.AccountChange, EnableFactor);
    public static readonly SecurityAct SecondFactorRemoved = new("second_factor_removed", OcsfClass.AccountChange, DisableFactor);
    public static readonly SecurityAct RecoveryCodesRenewed = new("recovery_codes_renewed", OcsfClass.AccountChange, Other);
    public static readonly SecurityAct SessionsEnded = new("sessions_ended", OcsfClass.Authentication, Logoff);
    public static readonly SecurityAct RolesChanged = new("roles_changed", OcsfClass.AccountChange, Other);

    /// <summary>Any other request of staff that may change something, noted before it is done.</summary>
    public static readonly SecurityAct StaffRequest = new("staff_request", OcsfClass.ApiActivity, Other);

    SecurityAct(string code, OcsfClass ocsf, int activity, bool isAlarming = false)
    {
        (Code, Class, Activity, IsAlarming) = (code, ocsf, activity, isAlarming);
        all.Add(this);
    }

    public static IReadOnlyList<SecurityAct> All => all;

    public string Code { get; }
    public OcsfClass Class { get; }

    /// <summary>The OCSF <c>activity_id</c>.</summary>
    public int Activity { get; }

    /// <summary>Never happens in the ordinary course of things.</summary>
    public bool IsAlarming { get; }

    public override string ToString() => Code;

    /// <summary>Null for a code that this build does not know: a newer one may have written it.</summary>
    public static SecurityAct? Of(string code) => all.Find(act => act.Code == code);
}
