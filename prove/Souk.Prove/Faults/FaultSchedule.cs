using Souk.Prove.Traffic;

namespace Souk.Prove.Faults;

/// <summary>One fault after another, chosen from the seed, with a pause in which the shop has to be well again.</summary>
internal sealed class FaultSchedule(IReadOnlyList<Fault> faults, ProveOptions options, Disturbances disturbances, Action<string> tell)
{
    static readonly TimeSpan PauseMin = TimeSpan.FromSeconds(0.5), PauseMax = TimeSpan.FromSeconds(3);

    /// <summary>What takes longer to be well again is worth a line.</summary>
    static readonly TimeSpan SlowMin = TimeSpan.FromSeconds(10);

    public async Task RunAsync(CancellationToken stop)
    {
        List<Fault> possible = [.. faults.Where(f => f.NotRun is null)];
        if (possible.Count == 0) return;
        for (var n = 0; ; n++)
        {
            var script = options.Script("faults", n);
            try
            {
                await Task.Delay(PauseMin + (PauseMax - PauseMin) * script.NextDouble(), stop);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            var fault = Choose(possible, script);
            var began = TimeProvider.System.GetTimestamp();
            try
            {
                using (fault.IsSilent ? null : disturbances.Begin()) await fault.DoAsync(script);
                if (TimeProvider.System.GetElapsedTime(began) is var took && took > SlowMin) tell(FormattableString.Invariant($"{fault.Name} took {took.TotalSeconds:0.0} s"));
            }
            catch (NpgsqlException busy)
            {
                // A database that has not recovered from the last fault takes no part in this one.
                tell($"{fault.Name} could not be done: {busy.Message}");
            }
        }
    }

    static Fault Choose(IReadOnlyList<Fault> faults, Random script)
    {
        var at = script.Next(faults.Sum(f => f.Weight));
        foreach (var fault in faults)
            if ((at -= fault.Weight) < 0) return fault;
        throw new InvalidOperationException("The weights do not add up.");
    }
}
