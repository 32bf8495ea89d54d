namespace Souk.Platform.Data;

/// <summary>
/// Turns of batches, whatever kind they are: more of them at once than processors can work on would not be done sooner, only each be smaller, and a batch
/// costs little for its items and much for being one.
/// </summary>
/// <param name="atOnce">Batches whose turn it is at a time.</param>
public sealed class BatchTurns(int atOnce) : IDisposable
{
    /// <summary>One for each processor, and one that waits for the disk.</summary>
    public static BatchTurns OfThisProcess { get; } = new(Environment.ProcessorCount + 1);

    /// <summary>A batch that waits for a lock, or for a database that does not answer, holds up no other for longer.</summary>
    const int WaitMillisecondsMax = 20;

    readonly SemaphoreSlim turns = new(atOnce);

    /// <summary>Returns when it is one's turn, or that was waited for long enough. Dispose it when the batch is done.</summary>
    public async ValueTask<Turn> TakeAsync() => new(turns.Wait(0) || await turns.WaitAsync(WaitMillisecondsMax) ? turns : null);

    public void Dispose() => turns.Dispose();

    public readonly struct Turn(SemaphoreSlim? taken) : IDisposable
    {
        /// <summary>It did not come in time, and what is done is done out of turn.</summary>
        public bool IsOverdue => taken is null;

        public void Dispose() => taken?.Release();
    }
}
