using System.Text.Json;

namespace Souk.Notifications.Inbox;

/// <summary>A message as every stream of this node sends it: the bytes are made once.</summary>
/// <param name="Block">An event of a text/event-stream.</param>
internal sealed record InboxMessage(long Sequence, byte[] Block);

/// <summary>What one customer's inbox holds after a position.</summary>
/// <param name="After">The sequence that was asked for: messages are those behind it, the oldest first.</param>
/// <param name="Present">Where the stream stood when this was read; messages may end before it.</param>
internal sealed record News(Guid CustomerId, long After, StreamPosition Present, List<InboxMessage> Messages);

/// <summary>Reads inboxes: where one stands, and what is new in many of them in one statement.</summary>
internal static class ReadInbox
{
    /// <summary>Messages of one customer in one reading, and customers of one statement.</summary>
    public const int MessagesMax = 100, CustomersMax = 500;

    /// <summary>Where a customer's stream stands now. The first who asks makes it, and who asks later keeps it from being forgotten.</summary>
    public static async Task<StreamPosition> PresentAsync(NpgsqlDataSource db, Guid customer, DateTimeOffset now, CancellationToken cancel)
    {
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        var found = await db.QueryFirstAsync(Find, ReadPosition, [customer, today], cancel);
        return found.Epoch != default ? found : await db.QueryFirstAsync(Use, ReadPosition, [customer, Guid.NewGuid(), today], cancel);
    }

    /// <summary>False when the message was trimmed.</summary>
    public static async Task<bool> HoldsAsync(NpgsqlDataSource db, Guid customer, long sequence, CancellationToken cancel) =>
        await db.QueryFirstAsync(Holds, static row => row.GetBoolean(0), [customer, sequence], cancel);

    /// <summary>Customers without news are left out. An <paramref name="asked"/> position of another epoch always has news: that there is another epoch.</summary>
    public static async Task<List<News>> NewsAsync(NpgsqlDataSource db, IReadOnlyCollection<(Guid Customer, StreamPosition After)> asked, CancellationToken cancel)
    {
        var news = new List<News>();
        foreach (var some in asked.Chunk(CustomersMax))
            await db.QueryAsync(Read, row =>
            {
                var customer = row.GetGuid(0);
                var present = new StreamPosition(row.GetGuid(2), row.GetInt64(3));
                if (news.Count == 0 || news[^1].CustomerId != customer) news.Add(new(customer, row.GetInt64(1), present, []));
                if (!row.IsDBNull(4)) news[^1].Messages.Add(new(row.GetInt64(4),
                    Block(present with { Sequence = row.GetInt64(4) }, row.GetString(5), row.GetFieldValue<DateTimeOffset>(6), JsonElement.Parse(row.GetString(7)))));
                return customer;
            }, [some.Select(a => a.Customer).ToArray(), some.Select(a => a.After.Epoch).ToArray(), some.Select(a => a.After.Sequence).ToArray(), MessagesMax], cancel);
        return news;
    }

    /// <summary>An event of the stream (HTML, section 9.2). Without a name of its own, so that one listener hears all, also types that it does not know yet.</summary>
    public static byte[] Block(StreamPosition id, string type, DateTimeOffset occurredAt, object data) =>
        [.. "id: "u8, .. System.Text.Encoding.ASCII.GetBytes(id.ToString()), .. "\ndata: "u8,
            .. JsonSerializer.SerializeToUtf8Bytes(new Told(id.ToString(), type, occurredAt, data), Json.Options), .. "\n\n"u8];

    sealed record Told(string Id, string Type, DateTimeOffset OccurredAt, object Data);

    static StreamPosition ReadPosition(NpgsqlDataReader row) => new(row.GetGuid(0), row.GetInt64(1));

    const string Find = "SELECT epoch, last_sequence FROM notifications.streams WHERE customer_id = $1 AND used_on >= $2";

    const string Use = """
        INSERT INTO notifications.streams AS s (customer_id, epoch, last_sequence, used_on) VALUES ($1, $2, 0, $3)
        ON CONFLICT (customer_id) DO UPDATE SET used_on = greatest(s.used_on, excluded.used_on)
        RETURNING epoch, last_sequence
        """;

    const string Holds = "SELECT EXISTS (SELECT FROM notifications.messages WHERE customer_id = $1 AND sequence = $2)";

    const string Read = """
        SELECT s.customer_id, f.sequence, s.epoch, s.last_sequence, m.sequence, m.type, m.occurred_at, m.payload
        FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS f (customer_id, epoch, sequence)
        JOIN notifications.streams s ON s.customer_id = f.customer_id AND (s.last_sequence > f.sequence OR s.epoch <> f.epoch)
        LEFT JOIN LATERAL (
            SELECT sequence, type, occurred_at, payload FROM notifications.messages
            WHERE customer_id = f.customer_id AND sequence > f.sequence ORDER BY sequence LIMIT $4
        ) m ON true
        ORDER BY s.customer_id, m.sequence
        """;
}
