namespace Souk.Identity.Accounts;

/// <summary>Every way accounts say no. A code is API: add new ones, never rename one.</summary>
internal static class AccountErrors
{
    public static readonly Error EmailTaken = Error.Conflict("email_taken",
        "There is an account with this e-mail. Sign in; if that is your own registration sent again, it has succeeded.");

    public static readonly Error NotFound = Error.NotFound("user_not_found", "There is no such user, or it was erased.");

    public static readonly Error LastStaff = Error.Conflict("last_staff",
        "This is the last staff account: nobody could run the shop. Give another account the role first.");
}
