using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Souk.Contracts;
using Souk.EmbeddedPostgres;

namespace Souk.Prove.Deployments;

/// <summary>A shop of prove's own: its nodes, its worker and its PostgreSQL, in a folder that goes with it.</summary>
internal sealed class Deployment : IAsyncDisposable
{
    const string StaffEmail = "staff@prove.example";

    /// <summary>Few variants, so that everybody wants the same ones.</summary>
    const int Products = 6, VariantsEach = 4, OnHand = 40;

    readonly string folder;
    readonly SmallDisk? disk;

    Deployment(string folder, SmallDisk? disk, EmbeddedPostgresServer server, string oneTimePassword)
    {
        (this.folder, this.disk, Server, OneTimePassword) = (folder, disk, server, oneTimePassword);
    }

    public EmbeddedPostgresServer Server { get; }
    public IReadOnlyList<ManagedNode> Nodes { get; private set; } = [];

    /// <summary>The disk that the database lies on, when it is one that can be filled.</summary>
    public SmallDisk? Disk => disk;

    /// <summary>Why it lies on no such disk; else null.</summary>
    public string? NoDisk { get; private set; }

    /// <summary>Bugs that nodes have logged.</summary>
    public ConcurrentQueue<string> Failures { get; } = [];

    /// <summary>What the log of PostgreSQL says of deadlocks: between which statements.</summary>
    public string DeadlocksLogged()
    {
        const int LinesEach = 14, LinesMax = 80;
        var lines = Directory.EnumerateFiles(Path.Combine(disk?.Folder ?? folder, "pg", "log")).SelectMany(File.ReadLines).ToList();
        return string.Join('\n', lines.Index().Where(l => l.Item.Contains("deadlock detected", StringComparison.Ordinal))
            .SelectMany(l => lines.Skip(l.Index).Take(LinesEach)).Take(LinesMax));
    }

    public (string Email, string Password) Staff => (StaffEmail, OneTimePassword);

    string OneTimePassword { get; }

    public static async Task<Deployment> StartAsync(ProveOptions options, Action<string> tell)
    {
        var folder = Directory.CreateTempSubdirectory("souk-prove-").FullName;
        // Open to the account that PostgreSQL runs under when root proves.
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        var (disk, noDisk) = await SmallDisk.MountAsync(Path.Combine(folder, "disk"));
        try
        {
            var server = await EmbeddedPostgresServer.StartAsync(new() { DataFolder = Path.Combine(disk?.Folder ?? folder, "pg"), Durable = true });
            tell(FormattableString.Invariant($"PostgreSQL is process {server.ProcessId}{(disk is null ? "" : ", on a small disk of its own")}"));
            // The shop gives up on most locks after 250 ms, before PostgreSQL would look for a deadlock: it is to look sooner, so that none goes unseen. The log says
            // between whom.
            await File.AppendAllTextAsync(Path.Combine(disk?.Folder ?? folder, "pg", "postgresql.auto.conf"), "deadlock_timeout = 10ms\nlog_error_verbosity = default\n");
            Child.Reload(server.ProcessId);
            await Host.Shop.MigrateAsync(server.ConnectionString, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, CancellationToken.None);
            var (keys, catalogue) = (Path.Combine(folder, "keys"), Path.Combine(folder, "catalogue"));
            WriteCatalogue(catalogue);
            await Child.RunAsync("dotnet", Path.Combine(AppContext.BaseDirectory, "Souk.Host.dll"), "import", "adventureworks", catalogue, "--database", server.ConnectionString, "--keys", keys);
            var deployment = new Deployment(folder, disk, server, await MakeStaffAsync(server.ConnectionString, keys)) { NoDisk = noDisk };
            deployment.Nodes = [.. Enumerable.Range(1, options.Nodes).Select(n => new ManagedNode($"node {n}", "web,worker", server.ConnectionString, keys, deployment.Failures)),
                new ManagedNode("worker", "worker", server.ConnectionString, keys, deployment.Failures)];
            await Task.WhenAll(deployment.Nodes.Select(n => n.StartAsync()));
            return deployment;
        }
        catch
        {
            if (disk is not null) await disk.DisposeAsync();
            throw;
        }
    }

    /// <summary>Tells the shop's clients which nodes take requests.</summary>
    public void Announce(Traffic.Shop shop) => shop.Nodes = [.. Nodes.Where(n => n.IsWeb).Select(n => n.Url).OfType<Uri>()];

    static async Task<string> MakeStaffAsync(string connectionString, string keys)
    {
        await using var app = Host.Shop.Build(new() { ConnectionString = connectionString, KeysFolder = keys, Url = "http://127.0.0.1:0", Roles = ["web"] },
            builder => builder.Logging.ClearProviders());
        return (await app.Services.GetRequiredService<IIdentity>().EnsureFirstStaffAsync(StaffEmail, CancellationToken.None))!.OneTimePassword;
    }

    static void WriteCatalogue(string folder)
    {
        Directory.CreateDirectory(Path.Combine(folder, "photos"));
        using var file = new StreamWriter(Path.Combine(folder, "catalog.jsonl"), append: false, new UTF8Encoding(false));
        for (var p = 0; p < Products; p++)
        {
            var variants = Enumerable.Range(0, VariantsEach).Select(v =>
                $$"""{"sku": "P-{{p}}-{{v}}", "name": "Thing {{p}}, size {{v}}", "price": "{{10 + p}}.{{v}}0", "currency": "USD", "size": "{{v}}", "stock": {"Warehouse": {{OnHand}}} }""");
            file.WriteLine($$"""{"name": "Thing {{p}}", "category": "Things", "descriptions": {"en": "A good thing."}, "variants": [{{string.Join(", ", variants)}}]}""");
        }
        File.WriteAllText(Path.Combine(folder, "ship-methods.json"), """[{"name": "Courier", "base": "4.00", "perKg": "1.00"}]""");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in Nodes) await node.KillAsync();
        await Server.StopAsync(StopMode.Immediate);
        if (disk is not null) await disk.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
