namespace Souk.EmbeddedPostgres;

/// <summary>
/// A real PostgreSQL of one data folder, in its own process and session, reachable over loopback TCP with a password of its own.
/// </summary>
/// <remarks>
/// <para>The server outlives a host that dies; the next start of the same folder adopts it. A host that stops in order stops the
/// server too, unless another host shares it: every host holds a shared lock on one file while it lives, and the last one that
/// can take that lock alone ends the server. A lock dies with its process, so a killed host is never counted.</para>
/// <para>Starts and stops of one folder take turns under a second lock, between processes as within one.</para>
/// </remarks>
public sealed class EmbeddedPostgresServer : IAsyncDisposable
{
    readonly Cluster cluster;
    internal readonly FileStream share;   // let go by the system when this process dies; tests do it in its place
    Postmaster postmaster;
    bool stopped;

    EmbeddedPostgresServer(Cluster cluster, FileStream share, Postmaster postmaster, bool adopted)
    {
        this.cluster = cluster;
        this.share = share;
        this.postmaster = postmaster;
        Adopted = adopted;
    }

    /// <summary>Reaches <see cref="EmbeddedPostgresOptions.Database"/> as its owner, who may create databases but is no superuser.</summary>
    public string ConnectionString => cluster.OwnerConnection(postmaster.Port);

    /// <summary>Loopback only. Kept over restarts as long as it is free.</summary>
    public int Port => postmaster.Port;

    public int ProcessId => postmaster.ProcessId;

    /// <summary>True when the server was already living, left by a host that died or shared with one that lives.</summary>
    public bool Adopted { get; }

    /// <summary>Where the server writes its own log, a file per weekday, each overwritten after a week.</summary>
    public string LogFolder => cluster.LogFolder;

    /// <summary>
    /// Initialises the folder when it is new, then starts its server or adopts the living one. It answers queries when this returns.
    /// After a crash it waits for orphaned backends and for recovery.
    /// </summary>
    /// <exception cref="EmbeddedPostgresException">It cannot be had; the message says what to do.</exception>
    public static async Task<EmbeddedPostgresServer> StartAsync(
        EmbeddedPostgresOptions options, IProgress<string>? progress = null, CancellationToken cancel = default)
    {
        var account = await ServerAccount.ForThisProcess(cancel);
        var binaries = await Binaries.Find(options.BinariesFolder, account, progress, cancel);
        var cluster = new Cluster(options, binaries, account);

        await cluster.PrepareFolders(cancel);
        await using var turn = await FileLock.WaitForTurn(cluster.TurnFile, progress, cancel);
        cluster.RemoveUnfinished();
        if (!cluster.Exists) await cluster.Initialise(progress, cancel);
        var (postmaster, adopted) = await cluster.StartOrAdopt(progress, cancel);
        return new(cluster, FileLock.Share(cluster.ShareFile), postmaster, adopted);
    }

    /// <summary>
    /// Brings the server back when it died under a living host; does nothing when it lives. The port stays the same unless another
    /// program took it meanwhile: compare <see cref="ConnectionString"/>. True when it had to be started.
    /// </summary>
    public async Task<bool> ReviveAsync(IProgress<string>? progress = null, CancellationToken cancel = default)
    {
        ObjectDisposedException.ThrowIf(stopped, this);
        await using var turn = await FileLock.WaitForTurn(cluster.TurnFile, progress, cancel);
        (postmaster, var adopted) = await cluster.StartOrAdopt(progress, cancel);
        return !adopted;
    }

    /// <summary>Ends the server, unless another host shares it; this object is of no use afterwards. A second call does nothing.</summary>
    public async Task StopAsync(StopMode mode = StopMode.Fast, CancellationToken cancel = default)
    {
        if (stopped) return;
        await using var turn = await FileLock.WaitForTurn(cluster.TurnFile, progress: null, cancel);
        stopped = true;
        await share.DisposeAsync();
        if (FileLock.IsShared(cluster.ShareFile)) return;
        await cluster.Stop(mode, cancel);
    }

    /// <summary>The same as a fast <see cref="StopAsync"/>.</summary>
    public async ValueTask DisposeAsync() => await StopAsync();

    /// <summary>
    /// Where the data of a shop of this name lies unless told otherwise: <c>/var/lib/souk/{name}</c> for root, whose home the server's
    /// account cannot reach; else under <c>$XDG_DATA_HOME</c> or <c>~/.local/share</c>, or what the system has in their place.
    /// </summary>
    public static string DefaultDataRoot(string name)
    {
        if (ServerAccount.ThisProcessIsRoot) return Path.Combine(ServerAccount.HomeFolder, name);
        var root = Environment.GetFolderPath(
            Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return root.Length > 0
            ? Path.Combine(root, "souk", name)
            : throw new EmbeddedPostgresException("This account has no home folder: set XDG_DATA_HOME, or name a data folder.");
    }
}
