using System.CommandLine;

namespace Souk.Host.Commands;

/// <summary><c>souk migrate</c>: brings a database to the schema of this build and says what it did. Safe to repeat, and on a live shop.</summary>
internal static class Migrate
{
    public static Command Command() => CommandLine.Of("migrate", "Bring the database to the schema of this build; says what it applied.",
        [ShopOptions.Database, DataFolder.Data], RunAsync);

    static async Task<int> RunAsync(Chosen settings, Terminal terminal, CancellationToken cancel)
    {
        await using var database = await ReachableDatabase.OfAsync(settings, terminal, cancel);
        var applied = await Shop.MigrateAsync(database.ConnectionString, new LineLog(terminal), cancel);
        terminal.Line(applied == 0 ? "Nothing to do: the database has the schema of this build."
            : $"Applied {applied} migration{(applied == 1 ? "" : "s")}.");
        return CommandLine.Succeeded;
    }
}
