using Microsoft.Extensions.DependencyInjection;
using Souk.Host;
using Souk.Platform.SecurityLog;

namespace Souk.Tests.Platform.SecurityLog;

/// <summary>Two nodes seal what is written while one after the other is killed and started again: one chain, in which every entry stands once.</summary>
public sealed class KilledSealersTests(KilledSealersTests.Writers writers) : IClassFixture<KilledSealersTests.Writers>
{
    /// <summary>Writes entries and seals none: the killed nodes do.</summary>
    public sealed class Writers(TestPostgres postgres) : TestShop(postgres)
    {
        protected override ShopSettings Adjust(ShopSettings settings) => settings with { Roles = ["web"] };
    }

    const int Kills = 3;

    [Fact]
    public async Task Every_entry_is_sealed_once_however_often_sealers_are_killed()
    {
        var nodes = new HostProcess[2];
        using var stop = new CancellationTokenSource();
        var entries = writers.App.Services.GetRequiredService<SecurityEntries>();
        var written = 0;
        var writing = Task.Run(async () =>
        {
            using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(2));
            while (!stop.IsCancellationRequested && await pace.WaitForNextTickAsync(default))
            {
                await writers.Db.AppendSecurityEntryAsync(await entries.MakeAsync(new(SecurityAct.SignInRefused, SecurityActor.Nobody), null, default), default);
                written++;
            }
        });
        try
        {
            for (var i = 0; i < nodes.Length; i++) nodes[i] = await StartAsync();
            for (var kill = 0; kill < Kills; kill++)
            {
                await nodes[kill % 2].KillAsync();
                await nodes[kill % 2].DisposeAsync();
                nodes[kill % 2] = await StartAsync();
            }
            await stop.CancelAsync();
            await writing;
            await writers.EventuallySealed();
        }
        finally
        {
            await stop.CancelAsync();
            await writing;
            foreach (var node in nodes.Where(n => n is not null)) await node.DisposeAsync();
        }
        await using var connection = await writers.Db.OpenConnectionAsync();
        var verdict = await VerifySecurityLog.RunAsync(connection, writers.App.Services.GetRequiredService<SecurityChain>(), null, default);
        Assert.Equal((written, null, 0), (verdict.Entries, verdict.Break, verdict.Waiting));
        Assert.True(written > 100, $"{written} entries were written.");
    }

    Task<HostProcess> StartAsync() => HostProcess.StartAsync("serve", "--database", writers.ConnectionString, "--keys", writers.KeysFolder, "--port", "auto");
}
