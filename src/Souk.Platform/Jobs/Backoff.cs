namespace Souk.Platform.Jobs;

/// <summary>How long a job that failed waits for its next try.</summary>
internal static class Backoff
{
    public static readonly TimeSpan First = TimeSpan.FromSeconds(1), WaitMax = TimeSpan.FromHours(1);

    /// <summary>The next tick of a schedule is a try as well, and a sweep must be back soon after an outage.</summary>
    public static readonly TimeSpan ScheduledWaitMax = TimeSpan.FromMinutes(1);

    /// <summary>Doubles with every attempt up to <paramref name="waitMax"/>; up to a fifth of it is left off by chance, so that what failed together does not come back together.</summary>
    /// <param name="attempt">1 for the try that just failed.</param>
    /// <param name="chance">From 0 to 1.</param>
    public static TimeSpan After(int attempt, double chance, TimeSpan waitMax)
    {
        const int doublingsMax = 30;   // more would overflow, and is beyond any wait
        var wait = First * Math.Pow(2, Math.Clamp(attempt - 1, 0, doublingsMax));
        return (wait < waitMax ? wait : waitMax) * (1 - chance / 5);
    }
}
