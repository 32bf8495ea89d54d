using System.Collections.Concurrent;
using System.Threading.Channels;
using Souk.Platform.Data;

namespace Souk.Platform.Telemetry;

/// <summary>
/// Logs statements that took longer than a threshold, with the plan that they have now. The driver tells every statement's time to its logger, with the
/// text and without its values; this stands in the logger's place. The plan is asked for on a connection of its own, from the text alone (a generic plan,
/// which is what the shop's sessions use), so it works on any database and for any role that may run the statement.
/// </summary>
/// <remarks>Option <c>Telemetry:SlowQueryMs</c> (0 to 60,000, default 200; 0 is off). One text is told at most every <see cref="RepeatPause"/>.</remarks>
public sealed class SlowStatements : BackgroundService, ILoggerFactory
{
    public const int ThresholdMsMax = 60_000;

    /// <summary>Texts that wait for their plan; more at once are left out.</summary>
    const int WaitingMax = 16;

    /// <summary>Statements told in one <see cref="RepeatPause"/>, then they begin anew.</summary>
    const int TextsMax = 200;

    const int TextLengthMax = 4_000, ExplainSecondsMax = 5;

    static readonly TimeSpan RepeatPause = TimeSpan.FromMinutes(10);

    readonly string connectionString;
    readonly int thresholdMs;
    readonly ILoggerFactory logs;
    readonly ILogger log;
    readonly Channel<(double Milliseconds, string[] Texts, string Trace)> waiting =
        Channel.CreateBounded<(double, string[], string)>(new BoundedChannelOptions(WaitingMax) { FullMode = BoundedChannelFullMode.DropWrite });
    readonly ConcurrentDictionary<string, long> told = [];

    public SlowStatements(string connectionString, int thresholdMs, ILoggerFactory logs)
    {
        (this.connectionString, this.thresholdMs, this.logs) = (connectionString, thresholdMs, logs);
        log = logs.CreateLogger(typeof(SlowStatements).FullName!);
    }

    public ILogger CreateLogger(string categoryName) =>
        thresholdMs > 0 && categoryName == "Npgsql.Command" ? new Watch(this, logs.CreateLogger(categoryName)) : logs.CreateLogger(categoryName);

    public void AddProvider(ILoggerProvider provider) => logs.AddProvider(provider);

    /// <summary>Stands where the driver tells what it did.</summary>
    sealed class Watch(SlowStatements slow, ILogger inner) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => inner.BeginScope(state);

        // The driver takes the time of a statement only for a logger that wants to hear of it.
        public bool IsEnabled(LogLevel logLevel) => logLevel == LogLevel.Information || inner.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel == LogLevel.Information && exception is null && state is IReadOnlyList<KeyValuePair<string, object?>> facts) slow.Look(facts);
            if (inner.IsEnabled(logLevel)) inner.Log(logLevel, eventId, state, exception, formatter);
        }
    }

    void Look(IReadOnlyList<KeyValuePair<string, object?>> facts)
    {
        double took = 0;
        string[] texts = [];
        for (var i = 0; i < facts.Count; i++)
        {
            var (name, value) = facts[i];
            if (name == "DurationMs") took = Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture);
            else if (name == "CommandText" && value is string text) texts = [text];
            else if (name == "BatchCommands" && took >= thresholdMs) texts = TextsOf(value);
            if (name == "DurationMs" && took < thresholdMs) return;
        }
        if (took < thresholdMs || texts.Length == 0) return;
        var now = Environment.TickCount64;
        var key = texts[0];
        if (told.TryGetValue(key, out var last) && now - last < RepeatPause.TotalMilliseconds) return;
        if (told.Count >= TextsMax) told.Clear();
        told[key] = now;
        waiting.Writer.TryWrite((took, texts, System.Diagnostics.Activity.Current?.TraceId.ToHexString() ?? ""));
    }

    static string[] TextsOf(object? batch) => batch switch
    {
        IEnumerable<string> texts => [.. texts],
        System.Collections.IEnumerable commands => [.. commands.Cast<object?>().Select(c => c?.ToString() ?? "")],
        _ => [],
    };

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var (took, texts, trace) in waiting.Reader.ReadAllAsync(stoppingToken))
                log.LogWarning("Slow statement: {DurationMs} ms (trace {RequestTraceId}): {Statement}\n{Plan}", (long)took, trace,
                    Cut(string.Join(";\n", texts)), Cut(string.Join("\n", await PlansAsync(texts, stoppingToken))));
        }
        catch (Exception) when (stoppingToken.IsCancellationRequested)
        {
            return;   // the shop stops
        }
    }

    async Task<List<string>> PlansAsync(string[] texts, CancellationToken cancel)
    {
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, ApplicationName = "souk explain", CommandTimeout = ExplainSecondsMax, Timeout = ExplainSecondsMax };
            await using var connection = new NpgsqlConnection(settings.ConnectionString);
            await connection.OpenAsync(cancel);
            await RunAsync(connection, "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET default_transaction_read_only = on", cancel);
            var plans = new List<string>();
            foreach (var text in texts.Where(IsExplainable)) plans.Add(await PlanAsync(connection, text, cancel));
            return plans;
        }
        catch (NpgsqlException refused)
        {
            return [$"(no plan: {refused.Message})"];
        }
    }

    /// <summary>PREPARE finds the types of the parameters; NULLs stand for their values, which a generic plan does not look at. EXPLAIN runs nothing.</summary>
    static async Task<string> PlanAsync(NpgsqlConnection connection, string text, CancellationToken cancel)
    {
        await RunAsync(connection, $"PREPARE souk_slow AS {text}", cancel);
        var parameters = await connection.QueryFirstAsync(Parameters, static row => row.GetInt32(0), [], cancel);
        var arguments = parameters == 0 ? "" : $"({string.Join(", ", Enumerable.Repeat("NULL", parameters))})";
        await using var explain = new NpgsqlCommand($"EXPLAIN EXECUTE souk_slow{arguments}", connection);
        var lines = new List<string>();
        await using (var reader = await explain.ExecuteReaderAsync(cancel))
            while (await reader.ReadAsync(cancel)) lines.Add(reader.GetString(0));
        await RunAsync(connection, "DEALLOCATE souk_slow", cancel);
        return string.Join("\n", lines);
    }

    static readonly string[] Explainable = ["SELECT", "WITH", "INSERT", "UPDATE", "DELETE"];

    static bool IsExplainable(string text) => Explainable.Any(word =>
        string.Join('\n', text.Split('\n').SkipWhile(line => line.TrimStart().StartsWith("--", StringComparison.Ordinal))).TrimStart().StartsWith(word, StringComparison.OrdinalIgnoreCase));

    static async Task RunAsync(NpgsqlConnection connection, string script, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(script, connection);
        await command.ExecuteNonQueryAsync(cancel);
    }

    static string Cut(string text) => text.Length <= TextLengthMax ? text : text[..TextLengthMax] + "…";

    const string Parameters = "SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = 'souk_slow'";
}
