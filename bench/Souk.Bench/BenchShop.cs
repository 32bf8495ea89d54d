using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Souk.EmbeddedPostgres;

namespace Souk.Bench;

/// <summary>
/// What is measured: one node in production settings (all modules, both roles) over a durable PostgreSQL of its own, with 2,500 products of four
/// variants each, imported as anyone would, and accounts that are signed in.
/// </summary>
internal sealed class BenchShop : IAsyncDisposable
{
    public const int Products = 2_500, VariantsEach = 4, Accounts = 32, OnHand = 50_000_000;

    public const string AllRoles = "web,worker";

    readonly string folder;
    readonly EmbeddedPostgresServer server;
    Child host;
    readonly Collector collector;

    BenchShop(string folder, EmbeddedPostgresServer server, Child host, Collector collector) =>
        (this.folder, this.server, this.host, this.collector) = (folder, server, host, collector);

    /// <summary>How many times traces reached the collector.</summary>
    public long TracesSent => collector.Traces;

    public string ConnectionString => server.ConnectionString;
    public HttpClient Http { get; private set; } = null!;
    public string Url { get; private set; } = "";
    public IReadOnlyList<string> Slugs { get; private set; } = [];
    public IReadOnlyList<string> Variants { get; private set; } = [];
    public IReadOnlyList<string> Tokens { get; private set; } = [];
    public IReadOnlyList<(string Email, string Password)> People { get; private set; } = [];

    public static async Task<BenchShop> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("souk-bench-").FullName;
        // Open to the account that PostgreSQL runs under when root measures.
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        var server = await EmbeddedPostgresServer.StartAsync(new() { DataFolder = Path.Combine(folder, "pg"), Durable = true });
        var (souk, keys) = (Path.Combine(AppContext.BaseDirectory, "Souk.Host.dll"), Path.Combine(folder, "keys"));
        await Child.RunAsync([souk, "migrate", "--database", server.ConnectionString]);
        WriteCatalogue(Path.Combine(folder, "catalogue"));
        await Child.RunAsync([souk, "import", "adventureworks", Path.Combine(folder, "catalogue"), "--database", server.ConnectionString, "--keys", keys]);
        var collector = await Collector.StartAsync();
        var host = await StartNodeAsync(server, keys, collector);
        var shop = new BenchShop(folder, server, host, collector);
        shop.Reach();
        await shop.LookAroundAsync();
        await shop.SignInAsync();
        await shop.SettleAsync();
        return shop;
    }

    /// <summary>From here on its one node has these roles: <c>web</c> alone leaves events untold, jobs undone and orders unexpired.</summary>
    public async Task RestartAsync(string roles)
    {
        await host.DisposeAsync();
        host = await StartNodeAsync(server, Path.Combine(folder, "keys"), collector, roles);
        Reach();
    }

    void Reach()
    {
        Http?.Dispose();
        Url = UrlOf(host);
        Http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 256 }) { BaseAddress = new(Url) };
    }

    static Task<Child> StartNodeAsync(EmbeddedPostgresServer server, string keys, Collector collector, string roles = AllRoles) => Child.StartAsync(
        [Path.Combine(AppContext.BaseDirectory, "Souk.Host.dll"), "serve", "--database", server.ConnectionString, "--keys", keys, "--port", "auto", "--roles", roles],
        line => line.Contains("listening on:", StringComparison.Ordinal), ("SOUK_PAYMENTS__METHODS", "sandbox,wallet"),
        ("SOUK_TELEMETRY__ENDPOINT", collector.Url), ("SOUK_TELEMETRY__SAMPLERATIO", "0.01"));

    static string UrlOf(Child node) => node.Ready[node.Ready.IndexOf("http://", StringComparison.Ordinal)..].Split('"', ' ')[0];

    /// <summary>Runs something while a second node serves the same shop, at the address it is given.</summary>
    public async Task WithSecondNodeAsync(Func<string, Task> run)
    {
        await using var node = await StartNodeAsync(server, Path.Combine(folder, "keys"), collector);
        second = node;
        await run(UrlOf(node));
        second = null;
    }

    Child? second;

    /// <summary>Returns when the import has been told to every subscriber: what is measured is the load, not the day before.</summary>
    public async Task SettleAsync()
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var analyze = new NpgsqlCommand("VACUUM ANALYZE", connection) { CommandTimeout = 600 };
        await using var behind = new NpgsqlCommand("SELECT EXISTS (SELECT FROM platform.subscribers s JOIN platform.outbox o ON (o.xid, o.id) > (s.xid, s.id))", connection);
        var since = System.Diagnostics.Stopwatch.StartNew();
        while ((bool)(await behind.ExecuteScalarAsync())!) await Task.Delay(50);
        await Console.Error.WriteLineAsync(FormattableString.Invariant($"  events told after {since.Elapsed.TotalSeconds:0.0} s"));
        await analyze.ExecuteNonQueryAsync();
    }

    /// <summary>Seconds since the oldest event was written that some subscriber has not been told.</summary>
    public async Task<double> BehindAsync()
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("""
            SELECT coalesce(extract(epoch FROM now() - min(o.occurred_at)), 0)::float8 FROM platform.subscribers s JOIN platform.outbox o ON (o.xid, o.id) > (s.xid, s.id)
            """, connection) { CommandTimeout = 120 };
        return Math.Max(0, (double)(await command.ExecuteScalarAsync())!);
    }

    /// <summary>CPU time so far of the nodes and of PostgreSQL with all its children.</summary>
    public (TimeSpan Host, TimeSpan Database) Cpu()
    {
        var all = Directory.EnumerateDirectories("/proc").Select(d => int.TryParse(Path.GetFileName(d), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? Stat(id) : null)
            .OfType<(int Id, int Parent, TimeSpan Cpu, TimeSpan OfEnded)>().ToList();
        return (all.Where(p => p.Id == host.Id || p.Id == second?.Id).Aggregate(TimeSpan.Zero, (sum, p) => sum + p.Cpu),
            all.Where(p => p.Id == server.ProcessId || p.Parent == server.ProcessId).Aggregate(TimeSpan.Zero, (sum, p) => sum + p.Cpu)
                + all.Where(p => p.Id == server.ProcessId).Aggregate(TimeSpan.Zero, (sum, p) => sum + p.OfEnded));

        static (int Id, int Parent, TimeSpan Cpu, TimeSpan OfEnded)? Stat(int id)
        {
            try
            {
                // The name may hold spaces: what follows its bracket is regular. Times are in ticks of 10 ms.
                var text = File.ReadAllText($"/proc/{id}/stat");
                var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
                return (id, int.Parse(fields[1], CultureInfo.InvariantCulture), Ticks(fields[11], fields[12]), Ticks(fields[13], fields[14]));
            }
            catch (IOException)
            {
                return null;   // ended meanwhile
            }

            static TimeSpan Ticks(string user, string system) =>
                TimeSpan.FromMilliseconds(10 * (long.Parse(user, CultureInfo.InvariantCulture) + long.Parse(system, CultureInfo.InvariantCulture)));
        }
    }

    public async Task<JsonElement> GetAsync(string path, string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (token is not null) request.Headers.Authorization = new("Bearer", token);
        using var answer = await Http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
        return JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync()).RootElement;
    }

    static void WriteCatalogue(string folder)
    {
        Directory.CreateDirectory(Path.Combine(folder, "photos"));
        var text = string.Join(' ', Enumerable.Repeat("A good thing that does what it says and lasts.", 12));
        using var file = new StreamWriter(Path.Combine(folder, "catalog.jsonl"), append: false, new UTF8Encoding(false));
        for (var p = 0; p < Products; p++)
        {
            var variants = Enumerable.Range(0, VariantsEach).Select(v =>
                $$"""{"sku": "B-{{p:0000}}-{{v}}", "name": "Thing {{p:0000}}, size {{v}}", "price": "{{10 + (p % 90)}}.{{v}}0", "currency": "USD", "size": "{{v}}", "stock": {"Warehouse": {{OnHand}} } }""");
            file.WriteLine($$"""{"name": "Thing {{p:0000}}", "category": "Category {{p % 20}}", "descriptions": {"en": "{{text}}"}, "variants": [{{string.Join(", ", variants)}}]}""");
        }
        File.WriteAllText(Path.Combine(folder, "ship-methods.json"), """[{"name": "Courier", "base": "4.00", "perKg": "1.00"}]""");
    }

    async Task LookAroundAsync()
    {
        var (slugs, variants) = (new List<string>(), new List<string>());
        for (var path = "/v1/products?limit=100"; path is not null;)
        {
            var page = await GetAsync(path);
            foreach (var product in page.GetProperty("items").EnumerateArray())
            {
                slugs.Add(product.GetProperty("slug").GetString()!);
                variants.AddRange(product.GetProperty("variants").EnumerateArray().Select(v => v.GetProperty("id").GetString()!));
            }
            path = page.TryGetProperty("nextCursor", out var next) ? $"/v1/products?limit=100&cursor={next.GetString()}" : null;
        }
        if (variants.Count != Products * VariantsEach) throw new InvalidOperationException($"The shop shows {variants.Count} variants, not {Products * VariantsEach}.");
        (Slugs, Variants) = (slugs, variants);
    }

    async Task SignInAsync()
    {
        var (people, tokens) = (new List<(string, string)>(), new List<string>());
        for (var i = 0; i < Accounts; i++)
        {
            var (email, password) = ($"bench{i}@example.com", "a long enough phrase");
            using var registered = await Http.PostAsJsonAsync("/v1/users", new { email, password });
            registered.EnsureSuccessStatusCode();
            people.Add((email, password));
        }
        People = people;
        await RenewTokensAsync();
    }

    /// <summary>Access tokens live ten minutes: a long measurement takes new ones between its scenarios.</summary>
    public async Task RenewTokensAsync()
    {
        var tokens = new List<string>();
        foreach (var (email, password) in People)
        {
            using var signedIn = await Http.PostAsJsonAsync("/v1/sessions", new { email, password });
            signedIn.EnsureSuccessStatusCode();
            tokens.Add(JsonDocument.Parse(await signedIn.Content.ReadAsByteArrayAsync()).RootElement.GetProperty("accessToken").GetString()!);
        }
        Tokens = tokens;
    }

    public async ValueTask DisposeAsync()
    {
        Http?.Dispose();
        await host.DisposeAsync();
        await collector.DisposeAsync();
        await server.StopAsync(StopMode.Immediate);
        Directory.Delete(folder, recursive: true);
    }
}
