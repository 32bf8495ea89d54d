using System.Collections.Concurrent;

namespace Souk.Prove.Deployments;

/// <summary>A process of the shop that is killed and started again; between the two it is nowhere.</summary>
internal sealed class ManagedNode(string name, string roles, string connectionString, string keys, ConcurrentQueue<string> failures)
{
    Child? child;
    int ahead;

    public string Name => name;

    public bool IsWeb => roles.Contains("web", StringComparison.Ordinal);

    /// <summary>Where it answers; null while it is down.</summary>
    public Uri? Url { get; private set; }

    public async Task StartAsync()
    {
        child = await Child.StartAsync([typeof(ManagedNode).Assembly.Location, ShopNode.Word, connectionString, keys, roles, FormattableString.Invariant($"{ahead}")],
            line => line.StartsWith(ShopNode.ReadyMark, StringComparison.Ordinal), failures);
        Url = new(child.Ready[ShopNode.ReadyMark.Length..]);
    }

    public async Task KillAsync()
    {
        Url = null;
        if (child is null) return;
        await child.KillAsync();
        await child.DisposeAsync();
        child = null;
    }

    /// <summary>Sets its clock so many seconds ahead of the true one, or behind it.</summary>
    public async Task ShiftAsync(int seconds)
    {
        ahead = seconds;
        if (child is { } living) await living.TellAsync(FormattableString.Invariant($"{ShopNode.Shift} {seconds}"));
    }

    /// <summary>What it last said, when it ended though nobody killed it; else null.</summary>
    public IReadOnlyList<string>? EndedUnasked => child is { EndedUnasked: true } dead ? dead.Said : null;
}
