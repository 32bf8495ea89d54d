namespace Souk.Platform.SecurityLog;

/// <summary>Every way the security log says no. A code is API: add new ones, never rename one.</summary>
internal static class SecurityLogErrors
{
    public static readonly Error ActUnknown = Error.Malformed("act_unknown", $"An act is one of {string.Join(", ", SecurityAct.All)}.")
        with { Details = [("allowed", SecurityAct.All.Select(act => act.Code).ToArray())] };

    public static readonly Error TimeUnreadable = Error.Malformed("time_invalid", "Write a time in RFC 3339, such as 2026-11-01T00:00:00Z.");
}
