using Souk.EmbeddedPostgres;
using Souk.Prove;
using Souk.Prove.Deployments;

const int Held = 0, Failed = 1, Broken = 2, Interrupted = 130;

if (args is [ShopNode.Word, .. { Length: 4 } node]) return await ShopNode.RunAsync(node);
if (args.Contains("--help") || args.Contains("-h"))
{
    Console.WriteLine(ProveOptions.Help);
    return Held;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = !stop.IsCancellationRequested;
    stop.Cancel();
};
try
{
    var options = ProveOptions.Read(args);
    Tell($"seed {options.Seed}");
    var outcome = await new Run(options, Tell).RunAsync(stop.Token);
    if (options.Report is { } file) await File.WriteAllTextAsync(file, Report.Markdown(outcome));
    if (!outcome.History.IsHeld) Console.Write(Report.Breaches(outcome));
    Console.WriteLine(Report.Summary(outcome));
    return outcome.History.IsHeld ? Held : Broken;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return Interrupted;
}
catch (Exception failure) when (failure is ProveException or EmbeddedPostgresException or NpgsqlException or HttpRequestException && Environment.GetEnvironmentVariable("SOUK_TRACE") != "1")
{
    await Console.Error.WriteLineAsync($"souk: {failure.Message}");
    return Failed;
}

static void Tell(string line) => Console.Error.WriteLine($"  {line}");
