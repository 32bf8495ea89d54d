using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Souk.Identity.ApiKeys;
using Souk.Platform.Http;

namespace Souk.Tests.Identity.ApiKeys;

/// <summary>A shop that remembers every line of its log.</summary>
public sealed class LoggedShop(TestPostgres postgres) : TestShop(postgres)
{
    readonly Lines log = new();

    public string Log => string.Join('\n', log.Written);

    protected override void Configure(WebApplicationBuilder builder) => builder.Logging.AddProvider(log).SetMinimumLevel(LogLevel.Trace);

    sealed class Lines : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Written { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
        public bool IsEnabled(LogLevel logLevel) => true;
        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Enqueue($"{formatter(state, exception)} {exception}");
        public void Dispose() { }
    }
}

public sealed class MakeApiKeyTests(LoggedShop shop) : IClassFixture<LoggedShop>
{
    static readonly DateTimeOffset Now = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_machine_may_do_what_its_key_says_and_nothing_else()
    {
        var staff = (await shop.NewStaff()).Http;
        var answer = await staff.PostAsJsonAsync(Machines.Path,
            new { name = "  ERP ", permissions = "users:read orders:read orders:read".Split(' '), expiresAt = shop.Clock.GetUtcNow().AddDays(399) });
        Assert.Equal((HttpStatusCode.Created, "no-store"), (answer.StatusCode, answer.Headers.CacheControl?.ToString()));
        var made = await answer.Body();
        Assert.Equal((("ERP", $"{Machines.Path}/{made.Text("id")}"), $"souk_{made.Text("id")}"),
            ((made.Text("name"), answer.Headers.Location!.OriginalString), made.Text("prefix")));
        Assert.Equal(["orders:read", "users:read"], made.GetProperty("permissions").EnumerateArray().Select(p => p.GetString()));
        Assert.StartsWith(made.Text("prefix") + "_", made.Text("key"), StringComparison.Ordinal);

        var machine = shop.Bearing(made.Text("key"));
        Assert.Equal(HttpStatusCode.OK, (await machine.GetAsync("/v1/admin/orders")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await machine.GetAsync("/v1/admin/users")).StatusCode);
        var problem = await (await machine.GetAsync("/v1/admin/dead-jobs")).Problem(HttpStatusCode.Forbidden, "not_allowed");
        Assert.Equal("jobs:read", problem.Text("permission"));
        Assert.Contains("jobs:read", problem.Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_is_nobodys_account_and_on_open_routes_a_visitor()
    {
        var machine = (await shop.NewMachine((await shop.NewStaff()).Http, "orders:read", "users:read")).Http;
        foreach (var path in new[] { "/v1/me", "/v1/me/wallet", "/v1/carts" })
            await (await machine.GetAsync(path)).Problem(HttpStatusCode.Forbidden, "not_allowed");
        Assert.Equal(HttpStatusCode.OK, (await machine.GetAsync("/v1/products")).StatusCode);
        await (await machine.GetAsync("/v1/orders")).Problem(HttpStatusCode.Unauthorized, "not_signed_in");
        await (await machine.PostAsync("/v1/events/tickets", null)).Problem(HttpStatusCode.Unauthorized, "not_signed_in");
    }

    /// <summary>Nobody's browser sends a key by itself, so there is nothing to forge; a cookie that lies beside it counts for nothing.</summary>
    [Fact]
    public async Task A_key_needs_no_csrf_token_whatever_cookie_comes_with_it()
    {
        var staff = await shop.NewStaff();
        var machine = await shop.NewMachine(staff.Http, "stock:write");
        var cookie = (await shop.SignIn(staff.Email, mode: "cookie")).SessionCookie();
        foreach (var key in new[] { machine.Key, null })
        {
            var request = new HttpRequestMessage(HttpMethod.Post, "/v1/admin/locations") { Content = JsonContent.Create(new { name = "Shelf" }) };
            request.Headers.Add("Cookie", cookie);
            if (key is not null) request.Headers.Add("Authorization", $"Bearer {key}");
            var answer = await shop.Http.SendAsync(request);
            if (key is not null) Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
            else await answer.Problem(HttpStatusCode.Forbidden, "csrf_token_invalid");
        }
    }

    [Fact]
    public async Task A_key_makes_no_keys_and_gives_no_roles()
    {
        var (staff, anna) = (await shop.NewStaff(), await shop.NewPerson());
        string[] wanted = ["orders:read", "keys:write", "users:write"];
        var problem = await (await staff.Http.PostAsJsonAsync(Machines.Path, Machines.Wanted(shop.Clock.GetUtcNow().AddDays(1), wanted)))
            .Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        Assert.Equal(["/permissions/1", "/permissions/2"], problem.GetProperty("errors").EnumerateObject().Select(e => e.Name));

        var machine = await shop.NewMachine(staff.Http, [.. Permission.All.Select(p => p.Name).Except(wanted.Skip(1))]);
        Assert.Equal(HttpStatusCode.OK, (await machine.Http.GetAsync(Machines.Path)).StatusCode);
        var refused = new[]
        {
            await machine.Http.PostAsJsonAsync(Machines.Path, Machines.Wanted(shop.Clock.GetUtcNow().AddDays(1), "orders:read")),
            await machine.Http.PostAsJsonAsync($"{machine.Path}/rotations", new { }),
            await machine.Http.DeleteAsync(machine.Path),
            await machine.Http.PutRoles(anna.Id, 1, "staff"),
        };
        foreach (var answer in refused) await answer.Problem(HttpStatusCode.Forbidden, "not_allowed");
    }

    [Fact]
    public async Task An_expired_key_is_refused_like_one_that_never_was()
    {
        var staff = await shop.NewStaff();
        var answer = await staff.Http.PostAsJsonAsync(Machines.Path, Machines.Wanted(shop.Clock.GetUtcNow().AddMinutes(5), "users:read"));
        var machine = shop.Bearing((await answer.Body()).Text("key"));
        Assert.Equal(HttpStatusCode.OK, (await machine.GetAsync("/v1/admin/users")).StatusCode);
        shop.Clock.Advance(TimeSpan.FromMinutes(6));

        var (expired, unknown) = (await machine.GetAsync("/v1/admin/users"), await shop.Bearing("souk_key_unknown").GetAsync("/v1/admin/users"));
        Assert.Contains("invalid_token", expired.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        Assert.Equal((await expired.Problem(HttpStatusCode.Unauthorized, "api_key_invalid")).Text("detail"), (await unknown.Problem(HttpStatusCode.Unauthorized, "api_key_invalid")).Text("detail"));
        // Also where everybody may call: its bearer believes to be known.
        await (await machine.GetAsync("/v1/products")).Problem(HttpStatusCode.Unauthorized, "api_key_invalid");
    }

    [Fact]
    public async Task The_secret_stands_in_no_table_and_no_log()
    {
        var staff = (await shop.NewStaff()).Http;
        var machine = await shop.NewMachine(staff, "users:read");
        var rotated = await shop.Rotated(staff, machine, overlapHours: 1);
        foreach (var http in new[] { machine.Http, rotated.Http }) Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/v1/admin/users")).StatusCode);
        await staff.DeleteAsync(machine.Path);
        await (await rotated.Http.GetAsync("/v1/admin/users")).Problem(HttpStatusCode.Unauthorized, "api_key_invalid");
        await (await shop.Bearing(machine.Key[..^1] + (machine.Key[^1] == 'a' ? 'b' : 'a')).GetAsync("/v1/admin/users")).Problem(HttpStatusCode.Unauthorized, "api_key_invalid");

        var dump = await DumpAsync();
        Assert.Contains("A machine", dump, StringComparison.Ordinal);
        foreach (var secret in new[] { machine.Key, rotated.Key }.Select(key => key.Split('_')[3]))
            foreach (var text in new[] { dump, shop.Log, await (await staff.GetAsync(machine.Path)).Content.ReadAsStringAsync() })
            {
                Assert.DoesNotContain(secret, text, StringComparison.OrdinalIgnoreCase);
                Assert.DoesNotContain(secret[..26], text, StringComparison.OrdinalIgnoreCase);
                Assert.DoesNotContain(Convert.ToHexString(Encoding.UTF8.GetBytes(secret)), text, StringComparison.OrdinalIgnoreCase);
            }
    }

    [Theory]
    [InlineData("ERP", "orders:read", 1, null)]
    [InlineData("ERP", "orders:read", 400, null)]
    [InlineData("", "orders:read", 1, "/name")]
    [InlineData("a\nb", "orders:read", 1, "/name")]
    [InlineData("ERP", "", 1, "/permissions")]
    [InlineData("ERP", "orders:delete", 1, "/permissions/0")]
    [InlineData("ERP", "Orders:read", 1, "/permissions/0")]
    [InlineData("ERP", "orders:read keys:write", 1, "/permissions/1")]
    [InlineData("ERP", "users:write orders:read", 1, "/permissions/0")]
    [InlineData("ERP", "orders:read stock:read", 1, "/permissions/1")]
    [InlineData("ERP", "orders:read", 0, "/expiresAt")]
    [InlineData("ERP", "orders:read", 401, "/expiresAt")]
    public void A_key_has_a_name_known_permissions_that_its_maker_has_and_an_end(string name, string permissions, int days, string? wrong)
    {
        var request = new MakeApiKey.Request(name, permissions.Split(' ', StringSplitOptions.RemoveEmptyEntries), Now.AddDays(days));
        // Whoever makes it here may do everything but read stock.
        var members = MakeApiKey.Refuse(request, Now, permission => permission.Name != "stock:read")?.Members ?? [];
        Assert.Equal(wrong, members.Select(m => m.Pointer).SingleOrDefault());
    }

    [Fact]
    public void A_request_without_anything_is_told_all_of_it() =>
        Assert.Equal(["/name", "/permissions", "/expiresAt"], MakeApiKey.Refuse(new(null, null, null), Now, _ => true)!.Members.Select(m => m.Pointer));

    [Fact]
    public async Task Is_for_staff()
    {
        await (await shop.Http.PostAsJsonAsync(Machines.Path, new { })).Problem(HttpStatusCode.Unauthorized, "not_signed_in");
        await (await (await shop.NewPerson()).Http.PostAsJsonAsync(Machines.Path, new { })).Problem(HttpStatusCode.Forbidden, "not_allowed");
    }

    async Task<string> DumpAsync()
    {
        List<string> tables = [];
        await using (var command = shop.Db.CreateCommand("SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"))
        await using (var reader = await command.ExecuteReaderAsync())
            while (await reader.ReadAsync()) tables.Add(reader.GetString(0));
        var dump = new StringBuilder();
        foreach (var table in tables)
        {
            await using var command = shop.Db.CreateCommand($"SELECT t::text FROM {table} t");
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync()) dump.AppendLine(reader.GetString(0));
        }
        return dump.ToString();
    }
}

/// <summary>A shop of its own: it is filled to the brim.</summary>
public sealed class MakeOneApiKeyTooManyTests(TestShop shop) : IClassFixture<TestShop>
{
    [Fact]
    public async Task Beyond_its_limit_a_shop_makes_no_key_until_one_has_ended()
    {
        var staff = (await shop.NewStaff()).Http;
        await using (var command = shop.Db.CreateCommand($"""
            INSERT INTO identity.api_keys (id, name, permissions, secret_hash, created_by, created_at, expires_at)
            SELECT gen_random_uuid(), 'One of many', ARRAY['users:read'], sha256('x'), gen_random_uuid(), now(), now() + interval '1 day' FROM generate_series(1, {MakeApiKey.KeysMax - 1})
            """))
            await command.ExecuteNonQueryAsync();
        var last = await shop.NewMachine(staff, "users:read");
        var wanted = Machines.Wanted(shop.Clock.GetUtcNow().AddDays(1), "users:read");
        await (await staff.PostAsJsonAsync(Machines.Path, wanted)).Problem(HttpStatusCode.Conflict, "api_keys_full");
        Assert.Equal(HttpStatusCode.NoContent, (await staff.DeleteAsync(last.Path)).StatusCode);
        Assert.Equal(HttpStatusCode.Created, (await staff.PostAsJsonAsync(Machines.Path, wanted)).StatusCode);
    }
}
