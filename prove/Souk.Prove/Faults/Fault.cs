namespace Souk.Prove.Faults;

/// <summary>Something bad that is done to the shop on purpose.</summary>
/// <param name="Name">As <c>--faults</c> knows it.</param>
/// <param name="Sentence">What happens.</param>
/// <param name="Weight">How often it comes, beside the others.</param>
/// <param name="IsKill">A process ends the hard way.</param>
/// <param name="Inject">Does it and, where something has to be put right again, puts it right.</param>
/// <param name="NotRun">Why it cannot be done here; null when it can.</param>
internal sealed record Fault(string Name, string Sentence, int Weight, bool IsKill, Func<Random, Task> Inject, string? NotRun = null)
{
    int times;

    /// <summary>How often it was done.</summary>
    public int Times => times;

    /// <summary>Does not disturb: the shop must go on as if nothing had happened.</summary>
    public bool IsSilent { get; init; }

    public async Task DoAsync(Random script)
    {
        await Inject(script);
        times++;
    }
}
