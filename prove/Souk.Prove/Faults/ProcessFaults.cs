using Souk.Prove.Deployments;

namespace Souk.Prove.Faults;

/// <summary>Faults that end processes, shift clocks and fill disks: only where prove has started all of them itself.</summary>
internal static class ProcessFaults
{
    /// <summary>Seconds that a clock is ahead or behind; an unpaid order is kept for 60.</summary>
    const int ShiftMin = -45, ShiftMax = 75;

    static readonly TimeSpan FullFor = TimeSpan.FromSeconds(2);

    public static IEnumerable<Fault> Of(Deployment? own, Traffic.Shop shop)
    {
        var foreign = own is null ? "the shop is not ours" : null;
        yield return new("kill-node", "kill -9 of a node that answers requests; it is started again", 8, true, script => RestartAsync(own!, shop, script, web: true), foreign);
        yield return new("kill-worker", "kill -9 of the worker; it is started again", 3, true, script => RestartAsync(own!, shop, script, web: false), foreign);
        yield return new("stop-database", "immediate shutdown of PostgreSQL, as if the power had failed; it is started again", 3, true, _ => StopDatabaseAsync(own!), foreign);
        yield return new("shift-clock", "the clock of one process jumps up to 45 s back or 75 s ahead of the others", 2, false,
            script => own!.Nodes[script.Next(own.Nodes.Count)].ShiftAsync(script.Next(ShiftMin, ShiftMax)), foreign) { IsSilent = true };
        yield return new("fill-disk", "the disk of the database is full for two seconds", 1, false, _ => FillDiskAsync(own!), foreign ?? own!.NoDisk);
    }

    static async Task RestartAsync(Deployment own, Traffic.Shop shop, Random script, bool web)
    {
        List<ManagedNode> nodes = [.. own.Nodes.Where(n => n.IsWeb == web)];
        var node = nodes[script.Next(nodes.Count)];
        await node.KillAsync();
        own.Announce(shop);
        await node.StartAsync();
        own.Announce(shop);
    }

    static async Task StopDatabaseAsync(Deployment own)
    {
        Child.Quit(own.Server.ProcessId);
        await RevivedAsync(own);
    }

    /// <summary>Room runs out in the middle of whatever is being written; PostgreSQL may end itself over it.</summary>
    static async Task FillDiskAsync(Deployment own)
    {
        await own.Disk!.FillAsync();
        await Task.Delay(FullFor);
        await own.Disk.FreeAsync();
        await RevivedAsync(own);
    }

    static async Task RevivedAsync(Deployment own)
    {
        var before = own.Server.ConnectionString;
        await own.Server.ReviveAsync();
        if (own.Server.ConnectionString != before) throw new ProveException("PostgreSQL came back on another port, which another program's taking of the old one forces. Run it again.");
    }
}
