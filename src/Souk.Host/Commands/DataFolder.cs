using System.Globalization;
using Souk.EmbeddedPostgres;

namespace Souk.Host.Commands;

/// <summary>
/// Everything one shop of <c>souk up</c> keeps on this machine:
/// <code>
///   {data}/pg18        the database's files; pg18.souk beside it holds its passwords
///   {data}/keys        keys of personal data (mode 700); kept apart, so that a copy of the database does not carry them
///   {data}/shop.lock   held while a shop runs on the folder
/// </code>
/// </summary>
internal sealed record DataFolder(string Path)
{
    public static readonly Setting Data = new("data", "folder", "Where the shop's database and keys lie [default: a folder of this account]");

    public string Cluster => System.IO.Path.Combine(Path, "pg18");
    public string Keys => System.IO.Path.Combine(Path, "keys");
    string Lock => System.IO.Path.Combine(Path, "shop.lock");

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
        try
        {
            var held = new FileStream(Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            held.SetLength(0);
            held.Write(System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
            held.Flush();
            return held;
        }
        catch (IOException) when (Holder() is { } process)
        {
            throw new ShopSettingsException($"A shop already runs on {Path} (process {process}). Stop it, or give this one a folder of its own: --data <folder>");
        }
    }

    /// <summary>Who wrote the lock file; null when it cannot be read, which is another fault than a held lock.</summary>
    string? Holder()
    {
        if (!File.Exists(Lock)) return null;
        using var reader = new StreamReader(new FileStream(Lock, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd() is { Length: > 0 } process ? process : "unknown";
    }
}
