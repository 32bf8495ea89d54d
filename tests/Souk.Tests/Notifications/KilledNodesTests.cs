using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Souk.Contracts;
using Souk.Host;
using Souk.Ordering.Guests;
using Souk.Platform.Data;
using Souk.Platform.Ids;
using Souk.Platform.Outbox;

namespace Souk.Tests.Notifications;

/// <summary>
/// Many clients follow their streams at two nodes while one node after the other is killed and started again, and events keep coming. Each client goes on
/// wherever somebody answers, and ends with every event of its own, once and in order. <c>SOUK_TEST_STREAMS=1000</c> and <c>SOUK_TEST_KILLS=10</c> make it longer.
/// </summary>
public sealed class KilledNodesTests(KilledNodesTests.Events events) : IClassFixture<KilledNodesTests.Events>
{
    /// <summary>Writes events and looks into the inboxes; it runs no relay and carries no stream: the killed nodes do all of that.</summary>
    public sealed class Events(TestPostgres postgres) : TestShop(postgres)
    {
        protected override ShopSettings Adjust(ShopSettings settings) => settings with { Roles = ["web"] };
    }

    static readonly int Clients = Number("SOUK_TEST_STREAMS", 200), Kills = Number("SOUK_TEST_KILLS", 3);

    /// <summary>Events of each client for each time that a node is killed.</summary>
    const int EventsPerKill = 4;

    /// <summary>Nothing may take longer, whatever was killed.</summary>
    static readonly TimeSpan PatienceMax = TimeSpan.FromMinutes(2);

    sealed class Client
    {
        public required Guid CustomerId { get; init; }
        public required string Token { get; init; }
        public List<TestEvent> Seen { get; } = [];
        public string? LastId { get; set; }
        public int Connections { get; set; }
    }

    [Fact]
    public async Task Every_client_sees_every_event_once_and_in_order_however_often_nodes_are_killed()
    {
        var tokens = events.App.Services.GetRequiredService<GuestTokens>();
        var clients = Enumerable.Range(0, Clients).Select(_ => Guid.CreateVersion7()).Select(id => new Client
        {
            CustomerId = id,
            Token = tokens.Make(GuestTokens.Order, id, Guid.CreateVersion7()),
        }).ToList();
        var nodes = new HostProcess[2];
        try
        {
            for (var i = 0; i < nodes.Length; i++) nodes[i] = await StartAsync();
            using var http = new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(5), ResponseDrainTimeout = TimeSpan.Zero, UseCookies = false });
            var connected = new CountdownEvent(Clients);
            var following = clients.Select((client, i) => Task.Run(() => FollowAsync(client, http, n => Volatile.Read(ref nodes[n % 2]).Address, i, connected))).ToList();
            await Answers.Eventually(() => Task.FromResult(connected.IsSet), "everybody follows");

            var began = TimeProvider.System.GetTimestamp();
            for (var kill = 0; kill < Kills; kill++)
            {
                // Before, while the node dies, while one alone carries all, and after.
                await TellAsync(clients, kill * EventsPerKill);
                var telling = TellAsync(clients, kill * EventsPerKill + 1);
                await nodes[kill % 2].KillAsync();
                await telling;
                await TellAsync(clients, kill * EventsPerKill + 2);
                var dead = nodes[kill % 2];
                Volatile.Write(ref nodes[kill % 2], await StartAsync());
                await dead.DisposeAsync();
                await TellAsync(clients, kill * EventsPerKill + 3);
            }
            await Task.WhenAll(following).WaitAsync(PatienceMax);

            TestContext.Current.TestOutputHelper?.WriteLine($"{Clients} clients, {Kills} kills, {clients.Sum(c => c.Seen.Count)} events, {clients.Sum(c => c.Connections)} connections, "
                + $"{TimeProvider.System.GetElapsedTime(began).TotalSeconds:0.0} s");
            await CompareAsync(clients);
            Assert.True(clients.Sum(c => c.Connections) >= Clients + Clients * Kills / 4, "Killing a node cuts its clients off.");
        }
        finally
        {
            foreach (var node in nodes.Where(n => n is not null)) await node.DisposeAsync();
        }
    }

    Task<HostProcess> StartAsync() => HostProcess.StartWithAsync([("SOUK_NOTIFICATIONS__STREAMSMAX", "5000")],
        "serve", "--database", events.ConnectionString, "--keys", events.KeysFolder, "--port", "auto");

    /// <summary>An event for each client, told by the shop as a payment's would be; each node that lives may hand it on.</summary>
    async Task TellAsync(List<Client> clients, int number)
    {
        await using var connection = await events.Db.OpenConnectionAsync();
        await using var batch = connection.CreateBatch();
        foreach (var client in clients)
        {
            var payment = Id<PaymentKind>.New(TimeProvider.System);
            batch.AddEvent(payment.Value, 1, events.Clock.GetUtcNow(),
                new PaymentStatusChanged(payment, Id<OrderKind>.New(TimeProvider.System), client.CustomerId, number.ToString(CultureInfo.InvariantCulture), new(100, "USD")));
        }
        await batch.ExecuteNonQueryAsync();
    }

    /// <summary>Follows until all is seen; whenever it is cut off, goes on at the next node with the last id it saw.</summary>
    static async Task FollowAsync(Client client, HttpClient http, Func<int, Uri> address, int first, CountdownEvent connected)
    {
        var began = TimeProvider.System.GetTimestamp();
        for (var turn = first; client.Seen.Count < Kills * EventsPerKill; turn++)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < PatienceMax, $"A client saw {client.Seen.Count} of its events after {client.Connections} connections.");
            try
            {
                await using var stream = await EventStream.TryOpenAsync(http, new Uri(address(turn), "/v1/events"), client.LastId, client.Token);
                if (stream is null) continue;
                if (client.Connections++ == 0) connected.Signal();
                client.LastId = stream.LastId;
                while (client.Seen.Count < Kills * EventsPerKill && await stream.NextOrEndAsync() is { } happened)
                {
                    client.Seen.Add(happened);
                    client.LastId = happened.Id;
                }
            }
            catch (Exception none) when (none is HttpRequestException or IOException or TaskCanceledException)
            {
                continue;   // nobody there: the other, then
            }
        }
    }

    async Task CompareAsync(List<Client> clients)
    {
        var written = (await events.Db.QueryAsync("SELECT customer_id, sequence, payload ->> 'status' FROM notifications.messages ORDER BY customer_id, sequence",
            row => (Customer: row.GetGuid(0), Sequence: row.GetInt64(1), Status: row.GetString(2)), [], CancellationToken.None)).ToLookup(m => m.Customer, m => (m.Sequence, m.Status));
        Assert.Equal(Clients, written.Count);
        foreach (var client in clients)
        {
            var seen = client.Seen.Select(e => (e.Sequence, Status: e.Data.Text("status"))).ToList();
            Assert.Equal(written[client.CustomerId], seen);
            Assert.Equal(Enumerable.Range(1, Kills * EventsPerKill).Select(n => (long)n), seen.Select(s => s.Sequence));
            Assert.Equal(Enumerable.Range(0, Kills * EventsPerKill).Select(n => n.ToString(CultureInfo.InvariantCulture)).Order(), seen.Select(s => s.Status).Order());
            Assert.All(client.Seen, e => Assert.NotEqual("stream.reset", e.Type));
        }
    }

    static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { } given ? int.Parse(given, CultureInfo.InvariantCulture) : otherwise;
}
