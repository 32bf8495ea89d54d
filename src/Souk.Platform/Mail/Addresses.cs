using System.Diagnostics.CodeAnalysis;
using MimeKit;

namespace Souk.Platform.Mail;

/// <summary>Whether a text is the address of a mailbox, and of that one alone.</summary>
internal static class Addresses
{
    /// <summary>
    /// False for what is no addr-spec (RFC 5322, 3.4.1) and for what a reader would take for another address than it says, such as one with a comment.
    /// </summary>
    public static bool TryRead(string text, [NotNullWhen(true)] out MailboxAddress? mailbox)
    {
        try
        {
            mailbox = new MailboxAddress(null, text);
        }
        catch (ParseException)
        {
            mailbox = null;
            return false;
        }
        // A domain in punycode is read as the letters it stands for.
        if (mailbox.Domain is { Length: > 0 } && (mailbox.Address == text || mailbox.GetAddress(idnEncode: true).Equals(text, StringComparison.OrdinalIgnoreCase))) return true;
        mailbox = null;
        return false;
    }
}
