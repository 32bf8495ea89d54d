using System.Net;
using System.Text;
using MimeKit;

namespace Souk.Platform.Mail;

/// <summary>A mail to one address, short paragraphs that become plain text and HTML.</summary>
/// <param name="Id">The same when it is sent again: receivers can tell that they have it. A job has one.</param>
/// <param name="To">The bare address. Names of people stand nowhere in a mail: whoever registers chooses one, and could make the shop send a text of theirs to strangers.</param>
/// <param name="Language">Of the texts, as a language tag.</param>
public sealed record Message(Guid Id, string To, string Language, string Subject, IReadOnlyList<Paragraph> Paragraphs)
{
    /// <summary>The mail as it travels; false when there can be no such mailbox.</summary>
    internal bool TryWrite(MailboxAddress sender, DateTimeOffset now, out MimeMessage mail)
    {
        mail = new MimeMessage { Subject = Subject, Date = now, MessageId = $"{Id:n}@{sender.Domain}", Body = Body() };
        mail.From.Add(sender);
        // RFC 3834: no holiday notes, please.
        mail.Headers.Add("Auto-Submitted", "auto-generated");
        if (!Addresses.TryRead(To, out var recipient)) return false;
        mail.To.Add(recipient);
        return true;
    }

    MultipartAlternative Body() => new() { Part("plain", Text()), Part("html", Html()) };

    /// <summary>Not encoded by itself, so that files can be read and searched; SMTP encodes where the server needs it.</summary>
    static TextPart Part(string kind, string text)
    {
        var part = new TextPart(kind) { ContentTransferEncoding = ContentEncoding.EightBit };
        part.SetText(Encoding.UTF8, text);
        return part;
    }

    string Text() => string.Concat(Paragraphs.Select(p => p.Text + "\n" + (p.Link ?? p.Code) + (p.Link is null && p.Code is null ? "\n" : "\n\n")));

    string Html()
    {
        var html = new StringBuilder($"<!DOCTYPE html>\n<html lang=\"{Safe(Language)}\"><head><meta charset=\"utf-8\"><title>{Safe(Subject)}</title></head>\n")
            .Append("<body style=\"font-family: sans-serif; max-width: 36em\">\n");
        foreach (var (text, link, code) in Paragraphs)
            html.Append(link is not null ? $"<p><a href=\"{Safe(link)}\">{Safe(text)}</a></p>\n"
                : code is not null ? $"<p>{Safe(text)}<br><code>{Safe(code)}</code></p>\n"
                : $"<p>{Safe(text)}</p>\n");
        return html.Append("</body></html>\n").ToString();
    }

    static string Safe(string text) => WebUtility.HtmlEncode(text);
}

/// <summary>A paragraph of a mail. With a link its text is what is clicked; with a code it says what to do with that.</summary>
public sealed record Paragraph(string Text, string? Link = null, string? Code = null);
