using System.Text.Json;
using NpgsqlTypes;
using Souk.Contracts;
using Souk.Platform.Bus;
using Souk.Platform.Outbox;

namespace Souk.Notifications.Inbox;

/// <summary>
/// Turns events into messages to the customer they concern: one row each, numbered 1, 2, 3, … under the lock of the customer's stream, in the transaction
/// that notes the event as handled; those of one step of the relay by one statement. So a message is written once, and two of one customer are never numbered in one order and seen in the other.
/// </summary>
/// <remarks>After the commit, a hint on the bus names the customer; nodes that hold a stream of theirs read what is new.</remarks>
internal static class WriteInbox
{
    public const string Subscriber = "notifications.write-inbox";

    /// <summary>The topic of hints: a customer's id.</summary>
    public const string Topic = "notifications.inbox";

    // What the payloads say: ids and a status. Whoever is told reads the rest where it stands, and sees what they may see.
    sealed record Placed(OrderId OrderId, string Number);
    sealed record Paid(OrderId OrderId, PaymentId PaymentId);
    sealed record StatusChanged(OrderId OrderId, string Status);
    sealed record PaymentChanged(PaymentId PaymentId, OrderId OrderId, string Status);

    public static Task OnPlaced(OrderPlaced order, EventContext context, CancellationToken _) =>
        WriteAsync(order.CustomerId, "order.placed", new Placed(order.OrderId, order.Number), context);

    public static Task OnPaid(OrderPaid order, EventContext context, CancellationToken _) =>
        WriteAsync(order.CustomerId, "order.paid", new Paid(order.OrderId, order.PaymentId), context);

    public static Task OnClosed(OrderClosed order, EventContext context, CancellationToken _) =>
        WriteAsync(order.CustomerId, "order.status_changed", new StatusChanged(order.OrderId, order.Status), context);

    public static Task OnFulfilmentChanged(OrderFulfilmentChanged order, EventContext context, CancellationToken _) =>
        WriteAsync(order.CustomerId, "order.status_changed", new StatusChanged(order.OrderId, order.Status), context);

    public static Task OnPaymentChanged(PaymentStatusChanged payment, EventContext context, CancellationToken _) =>
        WriteAsync(payment.CustomerId, "payment.status_changed", new PaymentChanged(payment.PaymentId, payment.OrderId, payment.Status), context);

    static Task WriteAsync<TPayload>(Guid customer, string type, TPayload payload, EventContext context)
    {
        var today = DateOnly.FromDateTime(context.Services.GetRequiredService<TimeProvider>().GetUtcNow().UtcDateTime);
        context.Writes.Collect(Add, new Message(customer, today, type, context.OccurredAt, JsonSerializer.Serialize(payload, Json.Options)));
        var bus = context.Services.GetRequiredService<IBus>();
        context.AfterCommit(() => bus.Publish(Topic, customer.ToString("n")));
        return Task.CompletedTask;
    }

    static void Add(NpgsqlBatch batch, IReadOnlyList<Message> messages)
    {
        // Streams are locked in the order of their customers, so that two writers queue up instead of deadlocking.
        var streams = messages.CountBy(m => m.CustomerId).OrderBy(s => s.Key).ToList();
        var written = new Dictionary<Guid, int>(streams.Count);
        batch.Add(Write, streams.Select(s => s.Key).ToArray(), streams.Select(_ => Guid.NewGuid()).ToArray(), streams.Select(s => s.Value).ToArray(), messages[0].Today,
            messages.Select(m => m.CustomerId).ToArray(), messages.Select(m => written[m.CustomerId] = written.GetValueOrDefault(m.CustomerId) + 1).ToArray(),
            messages.Select(m => m.Type).ToArray(), messages.Select(m => m.OccurredAt).ToArray(),
            new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb, Value = messages.Select(m => m.Payload).ToArray() });
    }

    /// <param name="Payload">JSON.</param>
    sealed record Message(Guid CustomerId, DateOnly Today, string Type, DateTimeOffset OccurredAt, string Payload);

    // $3 counts the messages of a customer, $6 numbers them from 1.
    const string Write = """
        WITH streams AS (
            INSERT INTO notifications.streams AS s (customer_id, epoch, last_sequence, used_on)
            SELECT customer_id, epoch, messages, $4 FROM unnest($1::uuid[], $2::uuid[], $3::int[]) AS n (customer_id, epoch, messages) ORDER BY customer_id
            ON CONFLICT (customer_id) DO UPDATE SET last_sequence = s.last_sequence + excluded.last_sequence, used_on = greatest(s.used_on, excluded.used_on)
            RETURNING customer_id, last_sequence
        ), before AS (
            SELECT customer_id, last_sequence - messages AS sequence
            FROM streams JOIN unnest($1::uuid[], $3::int[]) AS n (customer_id, messages) USING (customer_id)
        )
        INSERT INTO notifications.messages (customer_id, sequence, type, occurred_at, payload)
        SELECT m.customer_id, b.sequence + m.number, m.type, m.occurred_at, m.payload
        FROM unnest($5::uuid[], $6::int[], $7::text[], $8::timestamptz[], $9::jsonb[]) AS m (customer_id, number, type, occurred_at, payload)
        JOIN before b USING (customer_id)
        """;
}
