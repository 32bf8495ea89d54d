using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Souk.Contracts;
using Souk.Notifications.Inbox;
using Souk.Platform.Bus;
using Souk.Platform.Ids;
using Souk.Platform.Outbox;

namespace Souk.Tests.Notifications.Inbox;

public sealed class WriteInboxTests(LiveShop shop) : IClassFixture<LiveShop>
{
    /// <summary>Two nodes hand on what eight writers tell of many payments: one customer's messages are numbered without gap or repetition.</summary>
    [Fact]
    public async Task Numbers_the_messages_of_a_customer_one_after_the_other_whoever_writes_them()
    {
        const int writers = 8, each = 50;
        await using var other = await shop.NewNodeAsync();
        var (customer, stranger) = (Guid.NewGuid(), Guid.NewGuid());
        await Task.WhenAll(Enumerable.Range(0, writers).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < each; i++) await TellAsync(i % 5 == 0 ? stranger : customer);
        })));
        await Answers.Eventually(async () => await CountAsync(customer) == writers * each * 4 / 5 && await CountAsync(stranger) == writers * each / 5, "all is in the inboxes");
        foreach (var someone in new[] { customer, stranger })
            Assert.Equal(0L, await shop.ScalarAsync<long>($"""
                SELECT count(*) FROM (SELECT sequence, row_number() OVER (ORDER BY sequence) AS place FROM notifications.messages WHERE customer_id = '{someone}') AS numbered
                WHERE sequence <> place
                """));
        Assert.Equal(await CountAsync(customer), await shop.ScalarAsync<long>($"SELECT last_sequence FROM notifications.streams WHERE customer_id = '{customer}'"));
        await other.StopAsync();
    }

    /// <summary>Ids and a status: a table of messages names nobody and tells no amounts.</summary>
    [Fact]
    public async Task Keeps_ids_and_states_alone()
    {
        var customer = Guid.NewGuid();
        await TellAsync(customer);
        await Answers.Eventually(async () => await CountAsync(customer) == 1, "it is in the inbox");
        Assert.Equal("orderId paymentId status", await shop.ScalarAsync<string>(
            $"SELECT string_agg(key, ' ' ORDER BY key) FROM notifications.messages, jsonb_object_keys(payload) AS key WHERE customer_id = '{customer}'"));
    }

    [Fact]
    public async Task Hints_to_every_node_once_the_message_can_be_read()
    {
        await using var other = await shop.NewNodeAsync();
        var customer = Guid.NewGuid();
        var (here, there) = (new ConcurrentQueue<long>(), new ConcurrentQueue<long>());
        using var onThis = Hear(shop.App, here);
        using var onOther = Hear(other, there);
        // The bus may lose a message while the nodes find each other.
        await Answers.Eventually(async () =>
        {
            await TellAsync(customer);
            return !here.IsEmpty && !there.IsEmpty;
        }, "both nodes were told");
        Assert.All(here.Concat(there), count => Assert.NotEqual(0, count));
        await other.StopAsync();

        IDisposable Hear(WebApplication node, ConcurrentQueue<long> counts) => node.Services.GetRequiredService<IBus>().Subscribe(WriteInbox.Topic, text =>
        {
            if (text == customer.ToString("n")) counts.Enqueue(CountAsync(customer).GetAwaiter().GetResult());
        });
    }

    async Task TellAsync(Guid customer)
    {
        var payment = Id<PaymentKind>.New(shop.Clock);
        await using var connection = await shop.Db.OpenConnectionAsync();
        await connection.AppendEventAsync(payment.Value, 1, shop.Clock.GetUtcNow(),
            new PaymentStatusChanged(payment, Id<OrderKind>.New(shop.Clock), customer, "captured", new(100, "USD")), default);
    }

    Task<long> CountAsync(Guid customer) => shop.ScalarAsync<long>($"SELECT count(*) FROM notifications.messages WHERE customer_id = '{customer}'");
}
