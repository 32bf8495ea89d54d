using System.Globalization;
using Souk.Platform.Mail;

namespace Souk.Identity.Email;

/// <summary>What mails say. They name nobody, and show nothing that a person typed.</summary>
internal static class MailTexts
{
    /// <summary>The first is for everyone else.</summary>
    public static readonly IReadOnlyList<string> Languages = ["en", "de"];

    /// <param name="at">When it happened.</param>
    /// <param name="bringing">The paragraph with the token, from what is clicked and from what stands above a code; for kinds that carry one.</param>
    public static (string Subject, IReadOnlyList<Paragraph> Paragraphs) Of(MailKind kind, string language, string shop, DateTimeOffset at, Func<string, string, Paragraph> bringing)
    {
        var time = at.UtcDateTime.ToString(language == "de" ? "d. M. yyyy 'um' HH:mm 'UTC'" : "yyyy-MM-dd 'at' HH:mm 'UTC'", CultureInfo.InvariantCulture);
        return language == "de" ? German(kind, shop, time, bringing) : English(kind, shop, time, bringing);
    }

    static (string, IReadOnlyList<Paragraph>) English(MailKind kind, string shop, string time, Func<string, string, Paragraph> bringing) => kind switch
    {
        MailKind.VerifyEmail => ($"{shop}: confirm your e-mail address",
        [
            new($"Somebody, probably you, made an account at {shop} with this address. Confirm that it is yours to sign in."),
            bringing("Confirm the address", "Enter this code where you are asked to confirm the address:"),
            new("This serves once, within 24 hours. If it was not you, do nothing: without this nobody can sign in."),
        ]),
        MailKind.AccountExists => ($"{shop}: you have an account already",
        [
            new($"Somebody, probably you, wanted to make an account at {shop} with this address. There is one: sign in with your password."),
            new("If you have lost it, or never confirmed the address, set a new one:"),
            bringing("Set a new password", "Enter this code where you are asked to set a new password:"),
            new("This serves once, within an hour. If it was not you, do nothing: nothing was changed."),
        ]),
        MailKind.ResetPassword => ($"{shop}: set a new password",
        [
            new($"Somebody, probably you, asked for a new password of the account at {shop} with this address."),
            bringing("Set a new password", "Enter this code where you are asked to set a new password:"),
            new("This serves once, within an hour. If it was not you, do nothing: your password stays as it is."),
        ]),
        MailKind.PasswordChanged => ($"{shop}: your password was changed",
        [
            new($"The password of your account at {shop} was changed on {time}. Other devices were signed out."),
            new("If it was not you, ask for a new password at once, and tell the shop."),
        ]),
        MailKind.ChangeEmail => ($"{shop}: confirm your new e-mail address",
        [
            new($"You asked that your account at {shop} has this address from now on. Confirm that it is yours."),
            bringing("Confirm the address", "Enter this code where you are asked to confirm the new address:"),
            new("This serves once, within 24 hours. If it was not you, do nothing: somebody mistyped an address of theirs."),
        ]),
        MailKind.EmailChangeAsked => ($"{shop}: your e-mail address is to be changed",
        [
            new($"On {time} somebody who knows your password asked that your account at {shop} has another e-mail address. It stays as it is until that is confirmed."),
            new("If it was not you, change your password at once: that ends the change, too."),
        ]),
        MailKind.EmailChanged => ($"{shop}: your e-mail address was changed",
        [
            new($"Your account at {shop} has another e-mail address since {time}. This is the last mail about it to this one."),
            new("If it was not you, tell the shop at once."),
        ]),
        MailKind.EmailInUse => ($"{shop}: you have an account with this address",
        [
            new($"On {time} somebody, perhaps you, wanted to use this address for another account at {shop}. It has an account, so nothing was changed."),
            new("If it was you, sign in with this address instead, or ask for a new password."),
        ]),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    static (string, IReadOnlyList<Paragraph>) German(MailKind kind, string shop, string time, Func<string, string, Paragraph> bringing) => kind switch
    {
        MailKind.VerifyEmail => ($"{shop}: Bestätigen Sie Ihre E-Mail-Adresse",
        [
            new($"Jemand, vermutlich Sie, hat bei {shop} ein Konto mit dieser Adresse angelegt. Bestätigen Sie, dass es Ihre ist, um sich anzumelden."),
            bringing("Adresse bestätigen", "Geben Sie diesen Code ein, wo Sie die Adresse bestätigen sollen:"),
            new("Das gilt einmal und 24 Stunden lang. Waren Sie es nicht, tun Sie nichts: Ohne die Bestätigung kann sich niemand anmelden."),
        ]),
        MailKind.AccountExists => ($"{shop}: Sie haben schon ein Konto",
        [
            new($"Jemand, vermutlich Sie, wollte bei {shop} ein Konto mit dieser Adresse anlegen. Es gibt schon eines: Melden Sie sich mit Ihrem Passwort an."),
            new("Fehlt es Ihnen, oder haben Sie die Adresse nie bestätigt, setzen Sie ein neues:"),
            bringing("Neues Passwort setzen", "Geben Sie diesen Code ein, wo Sie ein neues Passwort setzen sollen:"),
            new("Das gilt einmal und eine Stunde lang. Waren Sie es nicht, tun Sie nichts: Es wurde nichts geändert."),
        ]),
        MailKind.ResetPassword => ($"{shop}: Setzen Sie ein neues Passwort",
        [
            new($"Jemand, vermutlich Sie, hat für das Konto bei {shop} mit dieser Adresse ein neues Passwort verlangt."),
            bringing("Neues Passwort setzen", "Geben Sie diesen Code ein, wo Sie ein neues Passwort setzen sollen:"),
            new("Das gilt einmal und eine Stunde lang. Waren Sie es nicht, tun Sie nichts: Ihr Passwort bleibt, wie es ist."),
        ]),
        MailKind.PasswordChanged => ($"{shop}: Ihr Passwort wurde geändert",
        [
            new($"Das Passwort Ihres Kontos bei {shop} wurde am {time} geändert. Andere Geräte wurden abgemeldet."),
            new("Waren Sie es nicht, verlangen Sie sofort ein neues Passwort, und sagen Sie dem Shop Bescheid."),
        ]),
        MailKind.ChangeEmail => ($"{shop}: Bestätigen Sie Ihre neue E-Mail-Adresse",
        [
            new($"Sie wollen, dass Ihr Konto bei {shop} künftig diese Adresse hat. Bestätigen Sie, dass es Ihre ist."),
            bringing("Adresse bestätigen", "Geben Sie diesen Code ein, wo Sie die neue Adresse bestätigen sollen:"),
            new("Das gilt einmal und 24 Stunden lang. Waren Sie es nicht, tun Sie nichts: Jemand hat sich bei seiner Adresse vertippt."),
        ]),
        MailKind.EmailChangeAsked => ($"{shop}: Ihre E-Mail-Adresse soll geändert werden",
        [
            new($"Am {time} hat jemand, der Ihr Passwort kennt, für Ihr Konto bei {shop} eine andere E-Mail-Adresse verlangt. Bis zur Bestätigung bleibt alles, wie es ist."),
            new("Waren Sie es nicht, ändern Sie sofort Ihr Passwort: Das beendet auch diese Änderung."),
        ]),
        MailKind.EmailChanged => ($"{shop}: Ihre E-Mail-Adresse wurde geändert",
        [
            new($"Ihr Konto bei {shop} hat seit {time} eine andere E-Mail-Adresse. Dies ist die letzte Mail dazu an diese hier."),
            new("Waren Sie es nicht, sagen Sie dem Shop sofort Bescheid."),
        ]),
        MailKind.EmailInUse => ($"{shop}: Sie haben ein Konto mit dieser Adresse",
        [
            new($"Am {time} wollte jemand, vielleicht Sie, diese Adresse für ein anderes Konto bei {shop} verwenden. Sie gehört schon zu einem, und nichts wurde geändert."),
            new("Waren Sie es, melden Sie sich mit dieser Adresse an, oder verlangen Sie ein neues Passwort."),
        ]),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
