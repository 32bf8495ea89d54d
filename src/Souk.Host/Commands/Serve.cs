using System.CommandLine;
using Souk.Host.Telemetry;
using Souk.Payments;

namespace Souk.Host.Commands;

/// <summary>
/// <c>souk serve</c>: one node over your own PostgreSQL, for production. Nothing is made up for it: database and keys folder are given, the
/// schema is brought by <c>souk migrate</c> (or <c>--migrate</c>), and it logs JSON, an object a line.
/// </summary>
internal static class Serve
{
    static readonly Setting Keys = new("keys", "folder", "Where the keys of personal data lie: outside the database and its backups");
    static readonly Setting MigrateFirst = new("migrate", null, "Bring the database to the schema of this build first; several nodes may say so at once");

    public static Command Command() => CommandLine.Of("serve", "Run one node over your own PostgreSQL: production form, JSON logs.",
        [ShopOptions.Database, Keys, ShopOptions.MasterKeys, ListenAddress.Port, ListenAddress.Listen, ListenAddress.Management, ShopOptions.Modules, ShopOptions.Roles, MigrateFirst], RunAsync);

    static async Task<int> RunAsync(Chosen settings, Terminal terminal, CancellationToken cancel)
    {
        settings.Required(ShopOptions.Database);
        var database = ShopOptions.DatabaseOf(settings)!;
        var shop = ShopOptions.Of(settings, database, Path.GetFullPath(settings.Required(Keys)), ListenAddress.Of(settings)) with { ManagementUrl = ListenAddress.ManagementOf(settings) };
        try
        {
            await using var app = Shop.Build(shop, builder =>
            {
                builder.Logging.ClearProviders().AddConsole(console => console.FormatterName = JsonLines.FormatterName)
                    .AddConsoleFormatter<JsonLines, Microsoft.Extensions.Logging.Console.ConsoleFormatterOptions>();
                // Play money is for trying out: in production the operator names the ways to pay.
                builder.Configuration.AddInMemoryCollection([new(PaymentsModule.MethodsOption, "")]);
                settings.AddTo(builder.Configuration);
            });
            var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Souk.Host");
            if (settings.Is(MigrateFirst)) await Shop.MigrateAsync(database, log, cancel);
            else if (await Shop.MissingMigrationsAsync(database, cancel) is { Count: > 0 } missing)
                throw new ShopSettingsException($"The database lacks {missing.Count} migrations of this build, {missing[0].Module}/{missing[0].Number:0000}_{missing[0].Name} first. "
                    + "Run 'souk migrate --database …' before, or start with --migrate.");
            await ListenAddress.StartAsync(app, shop.Url, cancel);
            await app.WaitForShutdownAsync(cancel);
            return CommandLine.Succeeded;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return CommandLine.Succeeded;   // asked to stop before it was ready
        }
    }
}
