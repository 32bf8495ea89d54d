using System.Numerics;

namespace Souk.Identity.Guessing;

/// <summary>What failed sign-ins mean for the next one: pure functions of count and time.</summary>
internal static class Delays
{
    /// <summary>E-mails that were tried are kept as so many bits.</summary>
    const int Bits = 64;

    /// <summary>Counts of one burst differ from whole numbers by the microseconds between them.</summary>
    const double Nearly = 1e-6;

    /// <summary>How long the next try waits after the last failure: not at all while some are free, then 1, 2, 4, … seconds.</summary>
    /// <param name="failures">Those that were not forgotten at the last one, itself included.</param>
    /// <param name="free">After so many the next one waits; at least 1.</param>
    public static TimeSpan After(double failures, int free, TimeSpan longest)
    {
        var step = Math.Ceiling(failures - free + 1 - Nearly);
        if (step < 1) return TimeSpan.Zero;
        var seconds = Math.Pow(2, Math.Min(step, Bits) - 1);
        return seconds < longest.TotalSeconds ? TimeSpan.FromSeconds(seconds) : longest;
    }

    /// <summary>How many failures have not been forgotten at a moment: each is, in its turn, in the time that it takes to forget one.</summary>
    public static double Failures(DateTimeOffset forgottenAt, DateTimeOffset at, TimeSpan forgotten) => Math.Max(0, (forgottenAt - at) / forgotten);

    /// <summary>Sent as Retry-After: whoever waits so many whole seconds has waited long enough.</summary>
    public static int Seconds(TimeSpan wait) => (int)Math.Ceiling(Math.Max(1, wait.TotalSeconds));

    /// <summary>The bit of an e-mail, by a key that spreads evenly.</summary>
    public static long BitOf(ReadOnlySpan<byte> key) => 1L << (key[0] % Bits);

    /// <summary>
    /// About how many different ones these bits are of (linear counting, Whang et al. 1990). Several share a bit now and then; up to 50 it is right within a few.
    /// </summary>
    public static double Different(long bits) => BitOperations.PopCount((ulong)bits) is var set && set == Bits ? Bits * Math.Log(Bits) : -Bits * Math.Log(1 - (double)set / Bits);
}
