using System.CommandLine;
using Souk.Catalog.Import;
using Spectre.Console;

namespace Souk.Host.Commands;

/// <summary>
/// <c>souk import adventureworks [folder]</c>: loads a catalogue, into a shop that runs or one that does not. Repeating it changes nothing. What is
/// refused is reported and is no failure; a folder that cannot be read is one. <c>souk import users file</c>: see <see cref="ImportUsers"/>.
/// </summary>
internal static class Import
{
    const string Form = "adventureworks";

    /// <summary>Plain output says how far it is at every so many percent.</summary>
    const int PercentStep = 25;

    static readonly Setting Keys = new("keys", "folder", "Where the keys of personal data lie [default: 'keys' in the data folder]");
    static readonly Argument<string?> What = new("what") { Description = $"The form of the files: {Form}, or {ImportUsers.Form}" };
    static readonly Argument<string?> Folder = new("folder") { Description = "Where they lie [default: the sample catalogue]; of users the file of JSON lines", Arity = ArgumentArity.ZeroOrOne };

    public static Command Command() => CommandLine.Of("import", "Load a catalogue (products, prices, stock, photos, shipping methods), or users with their passwords.",
        [ShopOptions.Database, DataFolder.Data, Keys, ShopOptions.MasterKeys], RunAsync, What, Folder);

    static async Task<int> RunAsync(Chosen settings, Terminal terminal, CancellationToken cancel)
    {
        if (settings.Argument(What) is ImportUsers.Form) return await ImportUsers.RunAsync(settings, settings.Argument(Folder), Keys, terminal, cancel);
        if (settings.Argument(What) is not Form)
            throw new CommandException($"'{settings.Argument(What)}' is no form that can be imported. Say: souk import {Form} [folder], or: souk import {ImportUsers.Form} <file>");
        var folder = settings.Argument(Folder) ?? SampleFolder.Find()
            ?? throw new CommandException($"samples/{Form} was not found. Name the folder: souk import {Form} <folder>");
        await using var database = await ReachableDatabase.OfAsync(settings, terminal, cancel);
        await using var app = await ShopOfAsync(settings, database.ConnectionString, Keys, cancel);
        Tell(terminal, await RunAsync(app.Services, Path.GetFullPath(folder), terminal, cancel));
        return CommandLine.Succeeded;
    }

    /// <summary>The shop whose services import, over a database that has the schema of this build. It is not started.</summary>
    internal static async Task<WebApplication> ShopOfAsync(Chosen settings, string connectionString, Setting keys, CancellationToken cancel)
    {
        if (await Shop.MissingMigrationsAsync(connectionString, cancel) is { Count: > 0 } missing)
            throw new CommandException($"The database lacks {missing.Count} migrations of this build. Run: souk migrate");
        return Shop.Build(ShopOptions.Of(settings, connectionString, Path.GetFullPath(settings[keys] ?? DataFolder.Of(settings).Keys), ListenAddress.None),
            builder =>
            {
                builder.Logging.ClearProviders();
                settings.AddTo(builder.Configuration);
            });
    }

    /// <summary>Runs the import and shows how far it is: a bar for a person, lines for a log.</summary>
    public static async Task<ImportReport> RunAsync(IServiceProvider services, string folder, Terminal terminal, CancellationToken cancel)
    {
        var import = ActivatorUtilities.GetServiceOrCreateInstance<CatalogImport>(services);
        terminal.Step($"importing {folder}");
        if (!terminal.IsLive)
        {
            var told = 0;
            return await import.RunAsync(folder, new Bar(far =>
            {
                var percent = (int)(100 * far.BytesRead / Math.Max(1, far.BytesTotal));
                if (percent / PercentStep <= told / PercentStep) return;
                terminal.Step($"{percent} %, {far.Products} products{(far.Refused == 0 ? "" : $", {far.Refused} refused")}");
                told = percent;
            }), cancel);
        }
        return await AnsiConsole.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async progress =>
            {
                var bar = progress.AddTask("products", maxValue: 1);
                return await import.RunAsync(folder, new Bar(far =>
                {
                    bar.MaxValue = Math.Max(1, far.BytesTotal);
                    bar.Value = far.BytesRead;
                    bar.Description = $"{far.Products} products{(far.Refused == 0 ? "" : $", {far.Refused} refused")}";
                }), cancel);
            });
    }

    static void Tell(Terminal terminal, ImportReport report)
    {
        (string What, ImportCount Count)[] counts =
        [
            ("products", report.Products), ("variants", report.Variants), ("reviews", report.Reviews), ("photos", report.Photos),
            ("prices", report.Prices), ("stock levels", report.StockLevels), ("shipping methods", report.ShippingMethods),
        ];
        if (terminal.IsLive)
        {
            var table = new Table().AddColumn("").AddColumn(new TableColumn("new or changed").RightAligned()).AddColumn(new TableColumn("unchanged").RightAligned());
            foreach (var (what, count) in counts) table.AddRow(what, $"{count.Taken}", $"{count.Unchanged}");
            AnsiConsole.Write(table);
        }
        else foreach (var (what, count) in counts) terminal.Line($"{what}: {count.Taken} new or changed, {count.Unchanged} unchanged");

        terminal.Line(report.RefusedTotal == 0 ? "Nothing was refused." : terminal.Yellow($"Refused: {report.RefusedTotal}"));
        foreach (var refusal in report.Refused)
            terminal.Line($"  {refusal.File}:{refusal.Line}{(refusal.What.Length == 0 ? "" : $" {refusal.What}")}: {refusal.Reason}");
        if (report.RefusedTotal > report.Refused.Count) terminal.Line($"  … and {report.RefusedTotal - report.Refused.Count} more.");
    }

    sealed class Bar(Action<ImportProgress> show) : IProgress<ImportProgress>
    {
        public void Report(ImportProgress value) => show(value);
    }
}
