using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Souk.Platform;
using Souk.Platform.Data;
using Souk.Platform.SecurityLog;

namespace Souk.Tests.Platform.SecurityLog;

/// <summary>A security log in a database of its own, with what writes and seals it and no shop around.</summary>
sealed class LogDatabase : IAsyncDisposable
{
    readonly WorkDatabase work;

    LogDatabase(string connectionString)
    {
        ConnectionString = connectionString;
        (Db, work) = (Database.Connect(connectionString), new(connectionString));
        Entries = new(new PersonalData(new MemoryKeyStore(), Keys, Clock), Clock);
        Chain = new(Keys);
        Sealer = NewSealer();
    }

    public string ConnectionString { get; }
    public NpgsqlDataSource Db { get; }
    public TestClock Clock { get; } = new();
    public MasterKeys Keys { get; } = NewKeys();
    public SecurityEntries Entries { get; }
    public SecurityChain Chain { get; }
    public Sealer Sealer { get; }

    public static async Task<LogDatabase> NewAsync(TestPostgres postgres) => new(await postgres.NewDatabaseAsync());

    public static MasterKeys NewKeys()
    {
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        return MasterKeys.Parse($$$"""{"rootSecret":"{{{key}}}","keyEncryptionKeys":{"1":"{{{key}}}"},"blindIndexKeys":{"1":"{{{key}}}"}}""", "the test");
    }

    /// <summary>What another node would have.</summary>
    public Sealer NewSealer() => new(work, Chain, Clock, NullLogger<Sealer>.Instance);

    /// <summary>An entry that has something in every column but the address.</summary>
    public ValueTask<SecurityEntry> EntryAsync(int number = 0, SecurityAct? act = null, Guid? account = null, Guid? target = null, SecurityDetails? details = null) =>
        Entries.MakeAsync(new SecurityNote(act ?? SecurityAct.RolesChanged, SecurityActor.Account(account ?? Guid.CreateVersion7()))
        { Details = (details ?? new()).Number("number", number) }.Of(target ?? Guid.CreateVersion7()), null, default);

    public async Task<SecurityEntry> AppendAsync(SecurityEntry entry)
    {
        await Db.AppendSecurityEntryAsync(entry, default);
        return entry;
    }

    public async Task SealAllAsync()
    {
        while (await Sealer.SealAsync(default) > 0) { }
    }

    /// <summary>So many entries with an address and a trace, sealed.</summary>
    public async Task FillAsync(int count)
    {
        for (var i = 0; i < count; i++)
            await AppendAsync(await EntryAsync(i) with { Address = RandomNumberGenerator.GetBytes(40), TraceId = Guid.NewGuid().ToString("n") });
        await SealAllAsync();
    }

    public async Task<LogVerdict> VerifyAsync(SecurityHead? kept = null, SecurityChain? chain = null)
    {
        await using var connection = await Db.OpenConnectionAsync();
        return await VerifySecurityLog.RunAsync(connection, chain ?? Chain, kept, default);
    }

    public async Task<List<SealedEntry>> SealedAsync() =>
        await Db.QueryAsync($"SELECT {SealedEntry.Columns} FROM platform.security_log ORDER BY seq", SealedEntry.Read, [], default);

    /// <summary>What the owner of the database can do, who can also switch off what guards the table.</summary>
    public async Task TamperAsync(string sql)
    {
        await ExecuteAsync("ALTER TABLE platform.security_log DISABLE TRIGGER security_log_is_only_added_to");
        await ExecuteAsync(sql);
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = Db.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Db.DisposeAsync();
        await work.DisposeAsync();
    }
}
