namespace Souk.Prove.Traffic;

/// <summary>When something was done to the shop on purpose, and for some seconds after: then it may be unable to answer.</summary>
internal sealed class Disturbances
{
    /// <summary>What waited for a lock or a connection meanwhile is answered by then.</summary>
    public static readonly TimeSpan Aftermath = TimeSpan.FromSeconds(3);

    int open, begun;
    long quietFrom;

    public readonly record struct Watched(int Begun, bool WasDisturbed);

    public Watched Watch() => new(Volatile.Read(ref begun), IsNow);

    /// <summary>Whether anything was disturbed since the watch began.</summary>
    public bool Touched(Watched since) => since.WasDisturbed || IsNow || Volatile.Read(ref begun) != since.Begun;

    public bool IsNow => Volatile.Read(ref open) > 0 || Environment.TickCount64 < Interlocked.Read(ref quietFrom);

    public IDisposable Begin()
    {
        Interlocked.Increment(ref begun);
        Interlocked.Increment(ref open);
        return new End(this);
    }

    sealed class End(Disturbances of) : IDisposable
    {
        public void Dispose()
        {
            Interlocked.Exchange(ref of.quietFrom, Environment.TickCount64 + (long)Aftermath.TotalMilliseconds);
            Interlocked.Decrement(ref of.open);
        }
    }
}
