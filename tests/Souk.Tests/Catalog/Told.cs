using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Souk.Platform.Modules;
using Souk.Platform.Outbox;

namespace Souk.Tests.Catalog;

/// <summary>Hands what stands in the event log to the catalogue, in order, and all of it again: hearing a thing twice must change nothing.</summary>
static class Told
{
    public static async Task AllAsync(CatalogShop shop)
    {
        await OnceAsync(shop);
        var versions = await VersionsAsync(shop);
        await OnceAsync(shop, onlyLatest: true);
        Assert.Equal(versions, await VersionsAsync(shop));
    }

    static async Task OnceAsync(CatalogShop shop, bool onlyLatest = false)
    {
        await using var connection = await shop.Db.OpenConnectionAsync();
        var happened = new List<(string Type, Guid Aggregate, int Version, DateTimeOffset At, JsonElement Payload)>();
        await using (var command = new NpgsqlCommand("""
            SELECT type, aggregate_id, version, occurred_at, payload FROM platform.outbox o
            WHERE NOT $1 OR version = (SELECT max(version) FROM platform.outbox l WHERE (l.type, l.aggregate_id) = (o.type, o.aggregate_id))
            ORDER BY aggregate_id, version
            """, connection) { Parameters = { new() { Value = onlyLatest } } })
        await using (var reader = await command.ExecuteReaderAsync())
            while (await reader.ReadAsync())
                happened.Add((reader.GetString(0), reader.GetGuid(1), reader.GetInt32(2), reader.GetFieldValue<DateTimeOffset>(3),
                    JsonDocument.Parse(reader.GetString(4)).RootElement));

        foreach (var subscription in shop.App.Services.GetRequiredService<WorkMap>().Subscriptions.Where(s => s.Subscriber.StartsWith("catalog.", StringComparison.Ordinal)))
            foreach (var (_, aggregate, version, at, payload) in happened.Where(h => h.Type == subscription.EventType))
                {
                var context = new EventContext(aggregate, version, at, connection, new EventWrites(connection), shop.App.Services);
                await subscription.Handle(payload, context, CancellationToken.None);
                context.Hints.ForEach(hint => hint());
            }
    }

    static Task<string> VersionsAsync(CatalogShop shop) =>
        shop.ScalarAsync<string>("SELECT coalesce(string_agg(slug || ' ' || version, ', ' ORDER BY slug), '') FROM catalog.products");
}
