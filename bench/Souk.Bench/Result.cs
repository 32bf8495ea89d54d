namespace Souk.Bench;

/// <param name="Seconds">Of each run.</param>
/// <param name="Rounds">Runs of each scenario; the median counts.</param>
internal sealed record BenchSettings(int Seconds, int Rounds);

/// <summary>Something to measure, by its name in every report.</summary>
internal sealed record Scenario(string Name, Func<Task<Result>> RunAsync);

/// <summary>What one run of a load generator saw.</summary>
/// <param name="Errors">Answers that were no success, and requests without an answer.</param>
internal sealed record Load(double PerSecond, double P50Ms, double P95Ms, double P99Ms, long Errors)
{
    /// <summary>What a driver of ours saw.</summary>
    /// <param name="took">Milliseconds of each request.</param>
    public static Load Of(IEnumerable<double> took, double seconds, long errors)
    {
        var sorted = took.Order().ToList();
        return new(sorted.Count / seconds, At(0.5), At(0.95), At(0.99), errors);

        double At(double share) => sorted.Count == 0 ? 0 : Math.Round(sorted[(int)(share * (sorted.Count - 1))], 2);
    }

    /// <summary>Both at once; of the times, the longer.</summary>
    public Load With(Load other) => new(PerSecond + other.PerSecond, Math.Max(P50Ms, other.P50Ms), Math.Max(P95Ms, other.P95Ms), Math.Max(P99Ms, other.P99Ms), Errors + other.Errors);
}

/// <summary>The median run of a scenario beside the median of its ceiling.</summary>
/// <param name="CeilingIs">What the ceiling is, for a person.</param>
/// <param name="LowestRatio">Of the rounds: what a run that is not slower reaches for certain.</param>
/// <param name="HostMicros">CPU time of the host for each request.</param>
/// <param name="DatabaseMicros">CPU time of PostgreSQL for each request.</param>
internal sealed record Result(string Scenario, Load Load, double? Ceiling, string CeilingIs, double? LowestRatio, double HostMicros, double DatabaseMicros)
{
    public long Errors => Load.Errors;

    public double? Ratio => Ceiling is > 0 ? Load.PerSecond / Ceiling : null;

    public object Shown => new
    {
        scenario = Scenario, perSecond = Math.Round(Load.PerSecond, 1), p50Ms = Load.P50Ms, p95Ms = Load.P95Ms, p99Ms = Load.P99Ms, errors = Load.Errors,
        ceiling = Ceiling is { } c ? Math.Round(c, 1) : (double?)null, ratio = Ratio is { } r ? Math.Round(r, 3) : (double?)null,
        hostMicros = Math.Round(HostMicros), databaseMicros = Math.Round(DatabaseMicros),
    };

    /// <summary>Runs a scenario and its ceiling in turn, so that a machine that drifts bends both.</summary>
    public static async Task<Result> MeasureAsync(string scenario, BenchShop shop, BenchSettings settings, Func<Task<Load>> run, Func<Task<double>>? ceiling, string ceilingIs)
    {
        var (loads, ceilings, host, database) = (new List<Load>(), new List<double>(), new List<double>(), new List<double>());
        await run();   // warm-up
        for (var round = 0; round < settings.Rounds; round++)
        {
            if (ceiling is not null) ceilings.Add(await ceiling());
            var before = shop.Cpu();
            var load = await run();
            var after = shop.Cpu();
            loads.Add(load);
            var requests = Math.Max(1, load.PerSecond * settings.Seconds);
            host.Add((after.Host - before.Host).TotalMicroseconds / requests);
            database.Add((after.Database - before.Database).TotalMicroseconds / requests);
            await Console.Error.WriteLineAsync(FormattableString.Invariant($"  {scenario} round {round + 1}: {load.PerSecond:0.0}/s, ceiling {(ceilings.Count > 0 ? ceilings[^1] : double.NaN):0.0}/s"));
        }
        var median = loads.OrderBy(l => l.PerSecond).ElementAt(loads.Count / 2) with { Errors = loads.Sum(l => l.Errors) };
        return new(scenario, median, ceilings.Count > 0 ? Median(ceilings) : null, ceilingIs,
            ceilings.Count > 0 ? loads.Zip(ceilings, static (load, most) => load.PerSecond / most).Min() : null, Median(host), Median(database));
    }

    static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
