using System.Globalization;
using System.Text;
using System.Runtime.InteropServices;

namespace Souk.Prove;

/// <summary>What a run found, for people.</summary>
internal static class Report
{
    const int TextLengthMax = 4_000;

    public static string Summary(Outcome outcome) => string.Create(CultureInfo.InvariantCulture,
        $"{(outcome.History.IsHeld ? "all promises held" : "PROMISES BROKEN")}: {outcome.Shop.Operations} operations, {outcome.History.Orders.Count} orders, {outcome.Kills} kills, ")
        + string.Create(CultureInfo.InvariantCulture, $"{outcome.Faults.Sum(f => f.Times)} faults, {outcome.History.Violations.Values.Sum()} breaches, seed {outcome.Options.Seed}");

    public static string Breaches(Outcome outcome)
    {
        var text = new StringBuilder();
        foreach (var (promise, count) in outcome.History.Violations.OrderBy(v => v.Key))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{promise}: {promise.Sentence()} Broken {count} times:");
            foreach (var breach in outcome.History.Of(promise).Take(5)) text.AppendLine(CultureInfo.InvariantCulture, $"  - {Short(breach)}");
        }
        return text.ToString();
    }

    public static string Markdown(Outcome outcome)
    {
        var (text, options) = (new StringBuilder(), outcome.Options);
        text.AppendLine(CultureInfo.InvariantCulture, $"# Proof, {DateTime.UtcNow:yyyy-MM-dd HH:mm} UTC").AppendLine()
            .AppendLine(CultureInfo.InvariantCulture, $"{Summary(outcome)}.").AppendLine()
            .Append(CultureInfo.InvariantCulture, $"{outcome.Took.TotalMinutes:0.0} minutes, {options.Nodes} nodes and a worker, {options.Buyers} buyers; ")
            .AppendLine(CultureInfo.InvariantCulture, $"{Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, .NET {Environment.Version}.")
            .Append(CultureInfo.InvariantCulture, $"Again: `./souk prove --seed {options.Seed} --nodes {options.Nodes} --buyers {options.Buyers} ")
            .Append(CultureInfo.InvariantCulture, $"--minutes {options.Time.TotalMinutes:0.##}")
            .AppendLine(CultureInfo.InvariantCulture, $"{(options.Faults is null ? "" : $" --faults {string.Join(',', options.Faults.DefaultIfEmpty("none"))}")}`.")
            .AppendLine();

        text.AppendLine("## Promises").AppendLine("| promise | what it says | looked at | breaches |").AppendLine("| --- | --- | --- | --- |");
        foreach (var promise in Enum.GetValues<Promise>())
        {
            var looks = outcome.Checked.Where(c => c.Check.Promise == promise).Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Looked} ({c.Check.Where})")).ToList();
            text.Append(CultureInfo.InvariantCulture, $"| {promise} | {promise.Sentence()} | {(looks.Count > 0 ? string.Join(", ", looks) : "every answer")} ")
                .AppendLine(CultureInfo.InvariantCulture, $"| {outcome.History.Violations.GetValueOrDefault(promise)} |");
        }

        text.AppendLine().AppendLine("## Faults").AppendLine("| fault | what happens | times |").AppendLine("| --- | --- | --- |");
        foreach (var fault in outcome.Faults) text.AppendLine(CultureInfo.InvariantCulture, $"| {fault.Name} | {fault.Sentence} | {(fault.NotRun is { } why ? $"not run: {why}" : fault.Times)} |");

        text.AppendLine().AppendLine("## Operations").AppendLine("| operation | answers |").AppendLine("| --- | --- |");
        foreach (var operation in outcome.Shop.Tally.GroupBy(t => t.Operation).OrderByDescending(o => o.Sum(t => t.Count)))
            text.Append(CultureInfo.InvariantCulture, $"| {operation.Key} | ").AppendJoin(", ", operation.OrderByDescending(t => t.Count)
                .Select(t => string.Create(CultureInfo.InvariantCulture, $"{t.Count} x {(t.Status == 0 ? t.Code : $"{t.Status} {t.Code}".TrimEnd())}"))).AppendLine(" |");

        if (!outcome.History.IsHeld) text.AppendLine().AppendLine("## Breaches").AppendLine("```").Append(Breaches(outcome)).AppendLine("```");
        if (outcome.Failures.Count > 0)
        {
            text.AppendLine().AppendLine("## Failures that nodes logged").AppendLine("```");
            foreach (var failure in outcome.Failures.GroupBy(f => f.Length > 200 ? f[..200] : f).OrderByDescending(g => g.Count()).Take(10))
                text.AppendLine(CultureInfo.InvariantCulture, $"{failure.Count()} x {Short(failure.First())}");
            text.AppendLine("```");
        }
        return text.ToString();
    }

    static string Short(string text) => text.Length <= TextLengthMax ? text : text[..TextLengthMax] + "…";
}
