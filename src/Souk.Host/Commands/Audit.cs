using System.CommandLine;
using System.Globalization;
using Souk.Platform;
using Souk.Platform.SecurityLog;

namespace Souk.Host.Commands;

/// <summary>
/// <c>souk audit verify</c>: whether the security log is what was sealed; exit code 2 names the first place where it is not. <c>souk audit export</c>: the log as
/// lines for those who keep or watch it elsewhere. Both change nothing and may run beside the shop.
/// </summary>
internal static class Audit
{
    const string MasterKeysFile = "master.keys", Ocsf = "ocsf", Syslog = "syslog";
    const int OutputBufferBytes = 1 << 16;

    static readonly Setting Keys = new("keys", "folder", "Where the keys of personal data lie [default: 'keys' in the data folder]");
    static readonly Setting Head = new("head", "seq:hash", "A head that was told or exported before: shows whether what came up to it is still there");
    static readonly Setting Format = new("format", "name", $"{Ocsf}: JSON lines of OCSF 1.3; {Syslog}: lines of RFC 5424", Ocsf);
    static readonly Setting Since = new("since", "time", "RFC 3339: acts not before it [default: from the first]");
    static readonly Setting Until = new("until", "time", "RFC 3339: acts before it [default: up to the last]");
    static readonly Setting Addresses = new("addresses", null, "Show IP addresses too: personal data, which then is where no erasure reaches it");

    public static Command Command() => new("audit", "Verify the security log, or export it.")
    {
        CommandLine.Of("verify", "Say whether the security log is as it was sealed; exit code 2 when it is not.",
            [ShopOptions.Database, DataFolder.Data, Keys, ShopOptions.MasterKeys, Head], VerifyAsync),
        CommandLine.Of("export", "Write the security log to standard output, an entry a line, oldest first.",
            [ShopOptions.Database, DataFolder.Data, Keys, ShopOptions.MasterKeys, Format, Since, Until, Addresses], ExportAsync),
    };

    static async Task<int> VerifyAsync(Chosen settings, Terminal terminal, CancellationToken cancel)
    {
        var kept = settings[Head] is not { } text ? null : SecurityHead.Parse(text) ?? throw new CommandException("--head is a number, a colon and 64 hexadecimal digits, as it was told.");
        var chain = new SecurityChain(MasterKeysOf(settings, KeysOf(settings)));
        await using var database = await ReachableDatabase.OfAsync(settings, terminal, cancel);
        await using var db = await OpenAsync(database, cancel);
        await using var connection = await db.OpenConnectionAsync(cancel);
        var verdict = await VerifySecurityLog.RunAsync(connection, chain, kept, cancel);

        terminal.Line(verdict.From is null ? "No entry is whole." : string.Create(CultureInfo.InvariantCulture,
            $"{verdict.Entries} entries are whole, from {verdict.From:yyyy-MM-dd'T'HH:mm:ss.fff'Z'} to {verdict.To:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}."));
        terminal.Line($"Head: {verdict.Head}");
        if (verdict.Waiting > 0)
            terminal.Line(terminal.Red($"{verdict.Waiting} entries have waited for more than a minute to be sealed, and could be changed unseen. "
                + "Run a process with the role 'worker', and look into its log."));
        if (verdict.Break is { } broken) terminal.Line(terminal.Red($"Broken ({Code(broken.Fault)}): {broken.Says}."));
        else if (kept is null) terminal.Line(terminal.Dim("Whether its end was cut off, only a head that was kept elsewhere can show: --head"));
        return verdict.Break is null && verdict.Waiting == 0 ? CommandLine.Succeeded : CommandLine.Broken;
    }

    static async Task<int> ExportAsync(Chosen settings, Terminal terminal, CancellationToken cancel)
    {
        Func<SealedEntry, string?, string> line = settings[Format] switch
        {
            Ocsf => OcsfLine.Of,
            Syslog => SyslogLine.Of,
            var other => throw new CommandException($"'{other}' is no format. Say --format {Ocsf} or --format {Syslog}."),
        };
        var (since, until) = (TimeOf(settings, Since), TimeOf(settings, Until));
        var folder = KeysOf(settings);
        var keys = settings.Is(Addresses) ? MasterKeysOf(settings, folder) : null;
        using var store = keys is null ? null : new FileKeyStore(folder);
        var people = keys is null ? null : new PersonalData(store!, keys, TimeProvider.System);

        // Standard output is the export alone: what happens on the way goes where errors do.
        await using var database = await ReachableDatabase.OfAsync(settings, new Terminal(Console.Error), cancel);
        await using var db = await OpenAsync(database, cancel);
        await using var connection = await db.OpenConnectionAsync(cancel);
        await using var output = new StreamWriter(Console.OpenStandardOutput(), bufferSize: OutputBufferBytes) { NewLine = "\n" };
        await foreach (var (entry, address) in ExportSecurityLog.ReadAsync(connection, since, until, people, cancel)) await output.WriteLineAsync(line(entry, address));
        return CommandLine.Succeeded;
    }

    static async Task<NpgsqlDataSource> OpenAsync(ReachableDatabase database, CancellationToken cancel) =>
        await Shop.MissingMigrationsAsync(database.ConnectionString, cancel) is { Count: > 0 } missing
            ? throw new CommandException($"The database lacks {missing.Count} migrations of this build. Run: souk migrate") : Database.Connect(database.ConnectionString);

    static string KeysOf(Chosen settings) => Path.GetFullPath(settings[Keys] ?? DataFolder.Of(settings).Keys);

    /// <summary>Those of the shop and never new ones: under these every entry would look forged.</summary>
    static MasterKeys MasterKeysOf(Chosen settings, string folder) => settings[ShopOptions.MasterKeys] is { } json ? MasterKeys.Parse(json, "--master-keys")
        : File.Exists(Path.Combine(folder, MasterKeysFile)) ? MasterKeys.LoadOrCreate(folder)
        : throw new CommandException($"There are no master keys in {folder}. Name the folder of the shop's keys with --keys.");

    static DateTimeOffset? TimeOf(Chosen settings, Setting setting) => settings[setting] is not { } text ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time
        : throw new CommandException($"{setting.Name} is no time. Write it in RFC 3339, such as 2026-11-01T00:00:00Z.");

    static string Code(LogFault fault) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(fault.ToString());
}
