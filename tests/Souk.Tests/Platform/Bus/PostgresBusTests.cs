using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Souk.Host;
using Souk.Platform.Bus;
using Souk.Tests.Identity;

namespace Souk.Tests.Platform.Bus;

public sealed class PostgresBusTests(TestPostgres postgres)
{
    [Fact]
    public async Task Every_node_hears_what_one_publishes_and_only_the_topics_it_asked_for()
    {
        await using var one = await Node(await postgres.NewDatabaseAsync());
        await using var other = await Node(one.ConnectionString);
        var (here, there) = (Listen(one, "a"), Listen(other, "a"));
        await Connected(one, other);

        Bus(one).Publish("b", "unheard");
        Bus(one).Publish("a", "line one\nline two");
        Bus(other).Publish("a", "back");

        await Answers.Eventually(() => Task.FromResult(here.Count == 2 && there.Count == 2), "both nodes heard both messages");
        Assert.Equal(["back", "line one\nline two"], here.Order());
        Assert.Equal(here.Order(), there.Order());
    }

    [Fact]
    public async Task A_node_hears_itself_at_once_even_without_a_database_and_no_more_after_it_unsubscribed()
    {
        await using var node = await Node("Host=127.0.0.1;Port=1;Username=nobody;Database=nothing;Timeout=1");
        var heard = new List<string>();
        var subscription = Bus(node).Subscribe("a", heard.Add);
        Bus(node).Subscribe("a", _ => throw new InvalidOperationException("A listener's fault."));
        Bus(node).Publish("a", "1");
        Assert.Equal(["1"], heard);
        subscription.Dispose();
        subscription.Dispose();
        Bus(node).Publish("a", "2");
        Assert.Equal(["1"], heard);
    }

    [Fact]
    public async Task A_node_that_lost_its_connections_hears_again_soon_after()
    {
        await using var one = await Node(await postgres.NewDatabaseAsync());
        await using var other = await Node(one.ConnectionString);
        for (var round = 0; round < 2; round++)
        {
            await Connected(one, other);
            await other.KillConnectionsAsync();
        }
        await Connected(one, other);
    }

    /// <summary>While the database is away, more than fits is published: the newest are kept, and equal ones once.</summary>
    [Fact]
    public async Task Messages_that_wait_are_sent_once_each_and_the_oldest_go_when_there_are_too_many()
    {
        var connectionString = await postgres.NewDatabaseAsync();
        await using var other = await Node(connectionString);
        var heard = Listen(other, "a");
        await using var probe = await Node(connectionString);
        await Connected(probe, other);

        // Not started yet: everything waits.
        await using var waiting = WorkNode.Build(connectionString, roles: []);
        for (var i = 0; i < PostgresBus.WaitingMax + 1; i++) Bus(waiting).Publish("a", $"{i}");
        for (var i = 0; i < 100; i++) Bus(waiting).Publish("a", $"{PostgresBus.WaitingMax}");
        await waiting.App.StartAsync();
        await Answers.Eventually(() => Task.FromResult(heard.Contains($"{PostgresBus.WaitingMax}")), "the last message came");
        Assert.Equal(Enumerable.Range(1, PostgresBus.WaitingMax).Select(i => $"{i}"), heard);
    }

    [Fact]
    public void A_message_that_is_too_long_is_the_publishers_mistake()
    {
        using var bus = new PostgresBus("", new("Host=127.0.0.1"), NullLogger<PostgresBus>.Instance);
        Assert.Throws<ArgumentOutOfRangeException>(() => bus.Publish("a", new string('x', IBus.TextMax + 1)));
        Assert.Throws<ArgumentException>(() => bus.Publish("a\nb", ""));
    }

    /// <summary>A node's look into the database every second is only the second way: the message alone arrives in time.</summary>
    [Fact]
    public async Task A_sign_out_reaches_another_node_within_two_seconds()
    {
        await using var shop = new TestShop(postgres);
        await shop.InitializeAsync();
        await using var other = await NodeOf(shop);
        var anna = await shop.NewPerson();
        using var http = new HttpClient { BaseAddress = new Uri(other.Urls.First()) };
        http.DefaultRequestHeaders.Authorization = anna.Http.DefaultRequestHeaders.Authorization;
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/v1/me")).StatusCode);
        var told = new ConcurrentQueue<string>();
        using var subscription = other.Services.GetRequiredService<IBus>().Subscribe("identity.sessions-revoked", told.Enqueue);

        Assert.Equal(HttpStatusCode.NoContent, (await anna.Http.DeleteAsync("/v1/sessions/current")).StatusCode);
        var began = TimeProvider.System.GetTimestamp();
        await Answers.Eventually(async () => (await http.GetAsync("/v1/me")).StatusCode == HttpStatusCode.Unauthorized, "the other node refuses the token");
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(2));
        await Answers.Eventually(() => Task.FromResult(told.Count == 1), "the bus told the other node");
        await other.StopAsync();
    }

    static async Task<WebApplication> NodeOf(TestShop shop)
    {
        var node = Shop.Build(new() { ConnectionString = shop.ConnectionString, KeysFolder = shop.KeysFolder, Url = "http://127.0.0.1:0" },
            builder => builder.Logging.ClearProviders());
        await node.StartAsync();
        return node;
    }

    static Task<WorkNode> Node(string connectionString) => WorkNode.IdleAsync(connectionString);

    static IBus Bus(WorkNode node) => node.App.Services.GetRequiredService<IBus>();

    static ConcurrentQueue<string> Listen(WorkNode node, string topic)
    {
        var heard = new ConcurrentQueue<string>();
        Bus(node).Subscribe(topic, heard.Enqueue);
        return heard;
    }

    /// <summary>Publishes until each has heard the other: a message before that may be lost, as the bus says.</summary>
    static async Task Connected(WorkNode one, WorkNode other)
    {
        var topic = $"probe-{Guid.NewGuid():n}";
        var (here, there) = (Listen(one, topic), Listen(other, topic));
        await Answers.Eventually(() =>
        {
            Bus(one).Publish(topic, "from one");
            Bus(other).Publish(topic, "from other");
            return Task.FromResult(here.Contains("from other") && there.Contains("from one"));
        }, "the nodes hear each other");
    }
}
