using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Souk.Host;
using Souk.Notifications.Live;
using Souk.Platform.Data;
using Souk.Tests.Ordering;

namespace Souk.Tests.Notifications;

/// <summary>A shop whose streams have little patience, further nodes of it, and messages without events behind them.</summary>
public class LiveShop(TestPostgres postgres) : OrderingShop(postgres)
{
    protected override void Configure(WebApplicationBuilder builder) => Impatient(builder);

    static void Impatient(WebApplicationBuilder builder) => builder.Configuration.AddInMemoryCollection(
    [
        new("Notifications:HeartbeatSeconds", "1"), new("Notifications:StreamsPerCustomerMax", "100"), new("Notifications:SilentReaderSecondsMax", "1"),
    ]);

    internal LiveStreams Streams => App.Services.GetRequiredService<LiveStreams>();

    public async Task<WebApplication> NewNodeAsync(params (string Name, string Value)[] settings)
    {
        var node = Shop.Build(new() { ConnectionString = ConnectionString, KeysFolder = KeysFolder, Url = "http://127.0.0.1:0" }, builder =>
        {
            builder.Logging.ClearProviders();
            Impatient(builder);
            builder.Configuration.AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Name, (string?)s.Value)));
        });
        await node.StartAsync();
        return node;
    }

    /// <summary>A client of another node who sends what this one sends.</summary>
    public static HttpClient At(WebApplication node, HttpClient like)
    {
        // An end that does not wait for what may still come, as when a browser's tab is closed.
        var http = new HttpClient(new SocketsHttpHandler { UseCookies = false, ResponseDrainTimeout = TimeSpan.Zero }) { BaseAddress = new Uri(node.Urls.First()) };
        http.DefaultRequestHeaders.Authorization = like.DefaultRequestHeaders.Authorization;
        return http;
    }

    /// <summary>A guest with an order: its token and whose it is.</summary>
    public async Task<(string Token, Guid CustomerId, string OrderId)> NewGuestAsync()
    {
        var order = await PlacedAsync(OrderOf(await NewVariantAsync(5)));
        var token = order.Text("orderToken");
        var customer = App.Services.GetRequiredService<Souk.Contracts.IOrdering>().CustomerOfOrderToken(token)!.Value;
        await Answers.Eventually(async () => await ScalarAsync<long>($"SELECT count(*) FROM notifications.messages WHERE customer_id = '{customer}'") == 1, "the placement is in the inbox");
        return (token, customer, order.Text("id"));
    }

    /// <summary>Puts messages into an inbox without a hint, as if the bus had lost it: the payload counts from <paramref name="from"/>.</summary>
    public Task WriteAsync(Guid customer, int from, int to, int payloadBytes = 0, int daysAgo = 0) => Db.ExecuteAsync("""
        WITH stream AS (
            INSERT INTO notifications.streams AS s (customer_id, epoch, last_sequence, used_on) VALUES ($1, gen_random_uuid(), $3 - $2 + 1, now())
            ON CONFLICT (customer_id) DO UPDATE SET last_sequence = s.last_sequence + excluded.last_sequence RETURNING last_sequence
        )
        INSERT INTO notifications.messages (customer_id, sequence, type, occurred_at, payload)
        SELECT $1, last_sequence - $3 + n, 'test.counted', $4, jsonb_build_object('n', n, 'filler', repeat('x', $5)) FROM stream, generate_series($2, $3) AS n
        """, [customer, from, to, Clock.GetUtcNow().AddDays(-daysAgo), payloadBytes], CancellationToken.None);
}

static class Counted
{
    public static IEnumerable<int> Numbers(this IEnumerable<TestEvent> events) => events.Select(e => e.Data.GetProperty("n").GetInt32());
}
