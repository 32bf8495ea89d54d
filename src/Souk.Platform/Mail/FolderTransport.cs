using System.Globalization;
using MimeKit;

namespace Souk.Platform.Mail;

/// <summary>
/// Writes mails as <c>.eml</c> files (RFC 5322), which any mail program opens: for trying out, without a server. They hold tokens, so folder and files are
/// for their owner alone.
/// </summary>
internal sealed class FolderTransport(string folder, TimeProvider clock) : IMailTransport
{
    public async Task DeliverAsync(MimeMessage mail, CancellationToken cancel)
    {
        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, owner | UnixFileMode.UserExecute);

        var name = $"{clock.GetUtcNow().UtcDateTime.ToString("yyyyMMdd'T'HHmmss.fff", CultureInfo.InvariantCulture)}-{mail.MessageId!.Split('@')[0]}.eml";
        var unfinished = Path.Combine(folder, name + ".new");
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = owner;
        await using (var file = new FileStream(unfinished, options)) await mail.WriteToAsync(file, cancel);
        // Under another name first: who watches the folder sees whole mails.
        File.Move(unfinished, Path.Combine(folder, name), overwrite: true);
    }
}
