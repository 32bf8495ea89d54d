using Souk.Contracts;
using Souk.Platform.Bus;
using Souk.Platform.Outbox;

namespace Souk.Notifications.Inbox;

/// <summary>
/// Turns events into messages to the customer they concern: one row each, numbered 1, 2, 3, … under the lock of the customer's stream, in the transaction
/// that notes the event as handled. So a message is written once, and two of one customer are never numbered in one order and seen in the other.
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
        context.Writes.Add(Write, customer, Guid.NewGuid(), today, type, context.OccurredAt, Sql.Jsonb(payload));
        var bus = context.Services.GetRequiredService<IBus>();
        context.AfterCommit(() => bus.Publish(Topic, customer.ToString("n")));
        return Task.CompletedTask;
    }

    const string Write = """
        WITH stream AS (
            INSERT INTO notifications.streams AS s (customer_id, epoch, last_sequence, used_on) VALUES ($1, $2, 1, $3)
            ON CONFLICT (customer_id) DO UPDATE SET last_sequence = s.last_sequence + 1, used_on = greatest(s.used_on, excluded.used_on)
            RETURNING last_sequence
        )
        INSERT INTO notifications.messages (customer_id, sequence, type, occurred_at, payload)
        SELECT $1, last_sequence, $4, $5, $6 FROM stream
        """;
}
