using System.Globalization;
using Souk.EmbeddedPostgres;

namespace Souk.Host.Commands;

/// <summary>
/// Everything one shop of <c>souk up</c> keeps on this machine:
/// <code>
///   {data}/pg18        the database's files; pg18.souk beside it holds its passwords
///   {data}/keys        keys of personal data (mode 700); kept apart, so that a copy of the database does not carry them
///   {data}/mail        mails as .eml files, while no SMTP server is named (mode 700)
///   {data}/shop.lock   held while a shop runs on the folder; shop.pid says by which process
/// </code>
/// </summary>
internal sealed record DataFolder(string Path)
{
    public static readonly Setting Data = new("data", "folder", "Where the shop's database and keys lie [default: a folder of this account]");

    public string Cluster => System.IO.Path.Combine(Path, "pg18");
    public string Keys => System.IO.Path.Combine(Path, "keys");
    public string Mail => System.IO.Path.Combine(Path, "mail");
    string Lock => System.IO.Path.Combine(Path, "shop.lock");
    string HolderFile => System.IO.Path.Combine(Path, "shop.pid");

    public static DataFolder Of(Chosen settings) =>
        new(System.IO.Path.GetFullPath(settings[Data] is { Length: > 0 } said ? said : EmbeddedPostgresServer.DefaultDataRoot("shop")));

    /// <summary>
    /// Takes the folder for this process until it is disposed; the system lets go of it when the process dies. One shop a folder: its database
    /// can serve several nodes, but those are told so with <c>souk serve --database</c>.
    /// </summary>
    /// <exception cref="ShopSettingsException">Another shop runs on it.</exception>
    public IDisposable Claim()
    {
        Directory.CreateDirectory(Path);
        var claim = TryLock() ?? throw new ShopSettingsException(
            $"A shop already runs on {Path} (process {Holder()}). Stop it, or give this one a folder of its own: --data <folder>");
        File.WriteAllText(HolderFile, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        return claim;
    }

    FileStream? TryLock()
    {
        try
        {
            return new FileStream(Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException held) when (held.GetType() == typeof(IOException))
        {
            return null;
        }
    }

    /// <summary>Only for the message: the lock says whether there is one.</summary>
    string Holder() => File.Exists(HolderFile) ? File.ReadAllText(HolderFile) : "unknown";
}
