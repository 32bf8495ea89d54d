using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Souk.Identity.ApiKeys;
using Souk.Platform.Bus;

namespace Souk.Tests.Identity.ApiKeys;

/// <summary>What another node of the shop knows of keys, its bus being silent and its clock the test's.</summary>
public sealed class LivingApiKeysTests(TestShop shop) : IClassFixture<TestShop>, IDisposable
{
    readonly FakeTimeProvider clock = new(shop.Clock.GetUtcNow());
    LivingApiKeys? node;

    LivingApiKeys Node => node ??= NewNode(shop.Db);
    ApiKeyTexts Texts => shop.App.Services.GetRequiredService<ApiKeyTexts>();

    LivingApiKeys NewNode(NpgsqlDataSource db) => new(db, Texts, new SilentBus(), clock);

    sealed class SilentBus : IBus
    {
        public void Publish(string topic, string text) { }
        public IDisposable Subscribe(string topic, Action<string> onMessage) => new CancellationTokenSource();
    }

    public void Dispose() => node?.Dispose();

    async Task<bool> KnowsAsync(string key) => await Node.FindAsync(key, CancellationToken.None) is not null;

    [Fact]
    public async Task A_node_that_hears_nothing_knows_of_a_revocation_within_two_seconds()
    {
        var staff = (await shop.NewStaff()).Http;
        var machine = await shop.NewMachine(staff, "orders:read");
        Assert.True(await KnowsAsync(machine.Key));
        Assert.Equal(HttpStatusCode.NoContent, (await staff.DeleteAsync(machine.Path)).StatusCode);
        clock.Advance(TimeSpan.FromSeconds(1.9));
        Assert.True(await KnowsAsync(machine.Key));
        clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.False(await KnowsAsync(machine.Key));
    }

    [Fact]
    public async Task A_new_secret_serves_at_once_also_where_the_old_one_is_remembered()
    {
        var staff = (await shop.NewStaff()).Http;
        var old = await shop.NewMachine(staff, "orders:read");
        Assert.True(await KnowsAsync(old.Key));
        var renewed = await shop.Rotated(staff, old, overlapHours: 1);
        Assert.True(await KnowsAsync(renewed.Key));
        Assert.True(await KnowsAsync(old.Key));
    }

    [Fact]
    public async Task An_expiry_needs_no_look_into_the_database()
    {
        var machine = await shop.NewMachine((await shop.NewStaff()).Http, "orders:read");
        Assert.True(await KnowsAsync(machine.Key));
        await using (var command = shop.Db.CreateCommand("UPDATE identity.api_keys SET created_at = created_at - interval '1 day', expires_at = $1 WHERE revoked_at IS NULL"))
        {
            command.Parameters.Add(new() { Value = clock.GetUtcNow().AddSeconds(3) });
            await command.ExecuteNonQueryAsync();
        }
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.True(await KnowsAsync(machine.Key));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(await KnowsAsync(machine.Key));
    }

    [Fact]
    public async Task Its_last_use_is_written_once_a_minute()
    {
        var machine = await shop.NewMachine((await shop.NewStaff()).Http, "orders:read");
        var first = clock.GetUtcNow();
        for (var i = 0; i < 3; i++) Assert.True(await KnowsAsync(machine.Key));
        var (usedAt, row) = await UseAsync(machine);
        Assert.Equal(first, usedAt!.Value, TimeSpan.FromMilliseconds(1));

        for (var i = 0; i < 6; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(9.9));
            Assert.True(await KnowsAsync(machine.Key));
        }
        Assert.Equal((usedAt, row), await UseAsync(machine));
        clock.Advance(TimeSpan.FromSeconds(0.6));
        Assert.True(await KnowsAsync(machine.Key));
        Assert.Equal(60, ((await UseAsync(machine)).UsedAt!.Value - first).TotalSeconds, tolerance: 0.01);
    }

    [Fact]
    public async Task A_typo_and_a_made_up_key_read_no_database()
    {
        var machine = await shop.NewMachine((await shop.NewStaff()).Http, "orders:read");
        await using var nowhere = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1;Timeout=1");
        using var blind = NewNode(nowhere);
        for (var at = 0; at < machine.Key.Length; at++)
            Assert.Null(await blind.FindAsync(machine.Key[..at] + (machine.Key[at] == '7' ? '5' : '7') + machine.Key[(at + 1)..], CancellationToken.None));
        Assert.Null(await blind.FindAsync($"souk_{machine.Id}_{new string('0', 64)}", CancellationToken.None));
        await Assert.ThrowsAnyAsync<NpgsqlException>(async () => await blind.FindAsync(machine.Key, CancellationToken.None));
    }

    /// <summary>When it was last used, and which version of the row that is.</summary>
    async Task<(DateTimeOffset? UsedAt, string Row)> UseAsync(Machine machine)
    {
        Assert.True(Souk.Platform.Ids.Id<Souk.Contracts.ApiKeyKind>.TryRead(machine.Id, out var id));
        await using var command = shop.Db.CreateCommand("SELECT last_used_at, xmin::text FROM identity.api_keys WHERE id = $1");
        command.Parameters.Add(new() { Value = id.Value });
        await using var reader = await command.ExecuteReaderAsync();
        Assert.True(await reader.ReadAsync());
        return (reader.IsDBNull(0) ? null : reader.GetFieldValue<DateTimeOffset>(0), reader.GetString(1));
    }
}
