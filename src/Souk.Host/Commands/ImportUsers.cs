using Souk.Identity.Import;

namespace Souk.Host.Commands;

/// <summary>
/// <c>souk import users file</c>: takes over accounts with the password hashes of another system, into a shop that runs or one that does not. Repeating it changes
/// nothing. What is refused is reported by its line, without what stands there, and is no failure.
/// </summary>
internal static class ImportUsers
{
    public const string Form = "users";

    public static async Task<int> RunAsync(Chosen settings, string? path, Setting keys, Terminal terminal, CancellationToken cancel)
    {
        if (path is null) throw new CommandException($"Which file? Say: souk import {Form} <file of JSON lines>");
        if (!File.Exists(path)) throw new CommandException($"There is no file {Path.GetFullPath(path)}.");
        await using var database = await ReachableDatabase.OfAsync(settings, terminal, cancel);
        await using var app = await Import.ShopOfAsync(settings, database.ConnectionString, keys, cancel);
        await using var file = File.OpenRead(path);
        terminal.Step($"importing {Path.GetFullPath(path)}");
        var report = await UserImport.RunAsync(app.Services, file, read => terminal.Step($"{read} lines"), cancel);

        terminal.Line($"users: {report.Added} new, {report.Existing} there already");
        terminal.Line(report.RefusedTotal == 0 ? "Nothing was refused." : terminal.Yellow($"Refused: {report.RefusedTotal}"));
        foreach (var refusal in report.Refused) terminal.Line($"  line {refusal.Line}: {refusal.Reason}");
        if (report.RefusedTotal > report.Refused.Count) terminal.Line($"  … and {report.RefusedTotal - report.Refused.Count} more.");
        return CommandLine.Succeeded;
    }
}
