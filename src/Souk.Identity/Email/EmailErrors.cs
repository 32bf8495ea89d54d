namespace Souk.Identity.Email;

/// <summary>Every way e-mail says no. A code is API: add new ones, never rename one.</summary>
internal static class EmailErrors
{
    /// <summary>The same for every reason: what became of a token is told to its mailbox alone.</summary>
    public static readonly Error TokenInvalid = new(401, "mail_token_invalid",
        "This token is unknown, for something else, was used, replaced or is too old. Ask for another mail.");

    public static readonly Error MailOff = Error.Conflict("mail_off", "This shop sends no mails. Its operator sets that up with Mail:Host.");
}
