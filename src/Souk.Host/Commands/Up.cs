using System.CommandLine;
using System.Text.Json;
using Souk.Catalog.Import;
using Souk.Contracts;
using Souk.EmbeddedPostgres;
using Souk.Host.Telemetry;

namespace Souk.Host.Commands;

/// <summary>
/// <c>souk up</c>: a whole shop in the foreground, over an embedded PostgreSQL or the given one. The first start makes everything; later ones
/// find it. Stops in order on SIGINT and SIGTERM, and takes up where it was after a <c>kill -9</c>.
/// </summary>
internal static class Up
{
    static readonly Setting NoSeed = new("no-seed", null, "Leave an empty catalogue empty; otherwise the sample catalogue is loaded");
    static readonly Setting StaffEmail = new("staff-email", "address", "Name of the first staff account, made when there is none", "staff@shop.example");

    public static Command Command() => CommandLine.Of("up", "Run the whole shop on this machine until it is stopped.",
        [ListenAddress.Port, ListenAddress.Listen, ListenAddress.Management, DataFolder.Data, ShopOptions.Database, ShopOptions.MasterKeys, NoSeed, ShopOptions.Modules, ShopOptions.Roles, StaffEmail],
        RunAsync);

    static async Task<int> RunAsync(Chosen settings, Terminal terminal, CancellationToken cancel)
    {
        var began = TimeProvider.System.GetTimestamp();
        // Everything that can be refused without effect is refused here.
        var folder = DataFolder.Of(settings);
        var database = ShopOptions.DatabaseOf(settings);
        var shop = ShopOptions.Of(settings, database ?? "", folder.Keys, ListenAddress.Of(settings)) with { ManagementUrl = ListenAddress.ManagementOf(settings) };
        var seeds = !settings.Is(NoSeed);
        using var claim = folder.Claim();
        try
        {
            await using var server = database is null
                ? await EmbeddedPostgresServer.StartAsync(new() { DataFolder = folder.Cluster }, terminal.Steps, cancel) : null;
            if (server is not null) shop = shop with { ConnectionString = server.ConnectionString };
            if (await Shop.MigrateAsync(shop.ConnectionString, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, cancel) is > 0 and var applied)
                terminal.Step($"applied {applied} migrations");

            await using var app = Shop.Build(shop, builder =>
            {
                builder.Logging.ClearProviders().AddSimpleConsole(line => line.SingleLine = true).SetMinimumLevel(LogLevel.Warning);
                builder.Configuration.AddInMemoryCollection([new("Mail:Folder", folder.Mail)]);
                settings.AddTo(builder.Configuration);
            });
            var staff = app.Services.GetService<IIdentity>() is { } identity ? await identity.EnsureFirstStaffAsync(settings[StaffEmail]!, cancel) : null;
            // Told at once as well as at the end: a first start that is killed while it loads the catalogue must not lose it.
            if (staff is not null) terminal.Step($"made the first staff account: {staff.Email}, one-time password {staff.OneTimePassword}");

            await ListenAddress.StartAsync(app, shop.Url, cancel);
            try
            {
                var url = Reachable(app.Urls.First());
                if (seeds && await HasNoProductsAsync(app.Services, url, cancel)) await SeedAsync(app.Services, terminal, cancel);
                Tell(terminal, url, ManagementPort.Of(app), folder, server, staff, settings[StaffEmail]!, app.Configuration["Mail:Host"],
                    TimeProvider.System.GetElapsedTime(began));
                return await UntilStoppedAsync(app, server, terminal, cancel);
            }
            finally
            {
                await app.StopAsync(CancellationToken.None);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return CommandLine.Succeeded;   // asked to stop before it was ready
        }
    }

    /// <summary>Who listens to everyone is reached by name of this machine.</summary>
    static string Reachable(string url) => url.Replace("//0.0.0.0:", "//127.0.0.1:", StringComparison.Ordinal).Replace("//[::]:", "//[::1]:", StringComparison.Ordinal);

    /// <summary>Asked over HTTP like anyone would. A process that lacks a module which an import fills is not seeded.</summary>
    static async Task<bool> HasNoProductsAsync(IServiceProvider services, string url, CancellationToken cancel)
    {
        if (services.GetService<ICatalog>() is null || services.GetService<IPricing>() is null || services.GetService<IOrdering>() is null) return false;
        using var http = new HttpClient();
        using var answer = await http.GetAsync($"{url}/v1/products?limit=1", cancel);
        return answer.IsSuccessStatusCode
            && (await answer.Content.ReadFromJsonAsync<JsonElement>(cancel)).GetProperty("items").GetArrayLength() == 0;
    }

    static async Task SeedAsync(IServiceProvider services, Terminal terminal, CancellationToken cancel)
    {
        if (SampleFolder.Find() is not { } folder)
        {
            terminal.Line(terminal.Yellow("The catalogue stays empty: samples/adventureworks was not found. Load one: souk import adventureworks <folder>"));
            return;
        }
        try
        {
            var report = await Import.RunAsync(services, folder, terminal, cancel);
            terminal.Step($"loaded {report.Products.Taken} products, {report.Variants.Taken} variants, {report.Photos.Taken} photos"
                + (report.RefusedTotal == 0 ? "" : $"; refused {report.RefusedTotal} entries of the file: 'souk import adventureworks' says which and why"));
        }
        catch (ImportException unreadable)
        {
            terminal.Line(terminal.Yellow($"The catalogue stays empty: {unreadable.Message}"));
        }
    }

    static void Tell(Terminal terminal, string url, Uri? management, DataFolder folder, EmbeddedPostgresServer? server, FirstStaff? staff, string staffEmail, string? mailHost,
        TimeSpan took)
    {
        terminal.Line();
        terminal.Line($"{terminal.Green("Souk is ready at")} {terminal.Bold(url)} {terminal.Dim(FormattableString.Invariant($"after {took.TotalSeconds:0.0} s"))}");
        terminal.Line($"  shop      {url}/ in a browser: buy something, and mark the order at {url}/staff to see it change");
        terminal.Line($"  products  {url}/v1/products");
        terminal.Line($"  health    {url}/health/ready");
        if (management is not null) terminal.Line($"  metrics   {management}metrics");
        terminal.Line($"  database  {(server is null ? "yours (--database)" : $"{folder.Cluster}{(server.Adopted ? ", found running" : "")}; its log: {server.LogFolder}")}");
        terminal.Line($"  keys      {folder.Keys}: copy them somewhere safe, apart from the database; without them personal data cannot be read");
        terminal.Line($"  mails     {(string.IsNullOrEmpty(mailHost) ? $"files in {folder.Mail}, until you name a server (Mail:Host)" : $"sent by {mailHost}")}");
        terminal.Line($"  staff     {(staff is null ? $"made at the first start ({staffEmail} unless told otherwise)"
            : $"{staff.Email}, one-time password {terminal.Bold(staff.OneTimePassword)} (shown only now)")}");
        terminal.Line($"  try       curl -s '{url}/v1/products?limit=3'");
        terminal.Line($"  then      souk demo --url {url}");
        terminal.Line(terminal.Dim("Ctrl+C stops it."));
    }

    /// <summary>
    /// Waits for the end, and brings the embedded server back when it ends under us. On another port than before (another program took the old
    /// one meanwhile) connections cannot follow: the process ends, and the next start finds everything.
    /// </summary>
    static async Task<int> UntilStoppedAsync(WebApplication app, EmbeddedPostgresServer? server, Terminal terminal, CancellationToken cancel)
    {
        var code = CommandLine.Succeeded;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel, app.Lifetime.ApplicationStopping);
        var keeping = server is null ? Task.CompletedTask : KeepAsync(server);
        await app.WaitForShutdownAsync(ended.Token);
        await keeping;
        terminal.Line("Stopped.");
        return code;

        async Task KeepAsync(EmbeddedPostgresServer postgres)
        {
            var db = app.Services.GetRequiredService<NpgsqlDataSource>();
            var connection = postgres.ConnectionString;
            using var timer = new PeriodicTimer(HealthCheckPause);
            try
            {
                while (await timer.WaitForNextTickAsync(ended.Token))
                {
                    if (await AnswersAsync(db, ended.Token)) continue;
                    if (await postgres.ReviveAsync(terminal.Steps, ended.Token)) terminal.Line(terminal.Yellow("PostgreSQL had ended; it runs again."));
                    if (postgres.ConnectionString == connection) continue;
                    await Console.Error.WriteLineAsync("souk: PostgreSQL came back on another port. Start 'souk up' again; nothing is lost.");
                    code = CommandLine.Failed;
                    await ended.CancelAsync();
                }
            }
            catch (OperationCanceledException) when (ended.IsCancellationRequested)
            {
                return;   // the shop stops
            }
            catch (EmbeddedPostgresException gone)
            {
                await Console.Error.WriteLineAsync($"souk: {gone.Message}");
                code = CommandLine.Failed;
                await ended.CancelAsync();
            }
        }
    }

    static readonly TimeSpan HealthCheckPause = TimeSpan.FromSeconds(1);

    static async Task<bool> AnswersAsync(NpgsqlDataSource db, CancellationToken cancel)
    {
        try
        {
            return await db.QueryFirstAsync("SELECT 1", static row => row.GetInt32(0), [], cancel) == 1;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
