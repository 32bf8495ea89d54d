namespace Souk.EmbeddedPostgres;

/// <summary>
/// Advisory locks on files (flock on Unix, sharing modes on Windows). They bind processes as well as objects of one process,
/// and the system lets go of them when a process dies.
/// </summary>
internal static class FileLock
{
    static readonly TimeSpan TurnWaitMax = TimeSpan.FromMinutes(5);
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    /// <summary>Alone until disposed. Initialising or recovering a cluster is what one waits for here.</summary>
    public static async Task<FileStream> WaitForTurn(string file, IProgress<string>? progress, CancellationToken cancel)
    {
        var giveUp = TimeProvider.System.GetTimestamp();
        for (var told = false; ; told = true)
        {
            if (TryTake(file) is { } turn) return turn;
            if (!told) progress?.Report("waiting: another process is starting or stopping this database");
            if (TimeProvider.System.GetElapsedTime(giveUp) > TurnWaitMax)
                throw new EmbeddedPostgresException(
                    $"Another process has held {file} for {TurnWaitMax.TotalMinutes} minutes: see what is starting this database and end it.");
            await Task.Delay(Pause, cancel);
        }
    }

    /// <summary>Held together with any number of others until disposed.</summary>
    public static FileStream Share(string file)
    {
        using (new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite)) { }
        return new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read);
    }

    public static bool IsShared(string file)
    {
        using var alone = TryTake(file);
        return alone is null;
    }

    static FileStream? TryTake(string file)
    {
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or FileNotFoundException or PathTooLongException) && !IsDiskFull(e))
        {
            return null;   // held by another: flock says EWOULDBLOCK, Windows says sharing violation
        }
    }

    static bool IsDiskFull(IOException e) => (e.HResult & 0xFFFF) is 28 or 112;
}
