using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Mvc;
using Souk.Contracts;

namespace Souk.Notifications.Live;

/// <summary>
/// <c>POST /v1/events/tickets</c>: what opens a stream where no header can be sent, as from a browser's <c>EventSource</c>. It serves once, on any node, for
/// <see cref="TicketSecondsMax"/> seconds, and stands for who asked: the signed-in account, or the guest of a <c>Souk-Order-Token</c>.
/// </summary>
/// <remarks>An address may end up in a proxy's log: by then the ticket is worth nothing. Only its hash is stored.</remarks>
internal static class MakeTicket
{
    public const int TicketSecondsMax = 30;

    /// <summary>Tickets that one customer may hold unused. Many at the same instant may pass it by a few.</summary>
    public const int TicketsMax = 20;

    const int TicketBytes = 32;

    public sealed record Made(string Ticket, int ExpiresIn);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/events/tickets", Handle).ForEveryone().WithName(nameof(MakeTicket));

    static async Task<Results<Created<Made>, Error>> Handle(Caller caller, [FromHeader(Name = Follower.OrderTokenHeader)] string? orderToken, [FromServices] IOrdering ordering,
        NpgsqlDataSource db, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        if (Follower.Of(caller, orderToken, ordering).Refused(out var error, out var follower)) return error;
        var (ticket, now) = (Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TicketBytes)), clock.GetUtcNow());
        var made = await db.ExecuteAsync(Insert,
            [Hash(ticket), follower.CustomerId, new NpgsqlParameter { NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid, Value = (object?)follower.SessionId ?? DBNull.Value },
                now.AddSeconds(TicketSecondsMax), now, TicketsMax], cancel);
        if (made == 0) return LiveErrors.TicketsTooMany;
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Created((string?)null, new Made(ticket, TicketSecondsMax));
    }

    /// <summary>Spends a ticket: of several at once, on whichever nodes, one is let in.</summary>
    public static async Task<Result<Follower>> SpendAsync(string ticket, NpgsqlDataSource db, DateTimeOffset now, CancellationToken cancel) =>
        await db.QueryFirstAsync(Delete, static row => Tuple.Create(row.GetGuid(0), row.Nullable<Guid>(1), row.GetFieldValue<DateTimeOffset>(2)), [Hash(ticket)], cancel)
            is var (customer, session, expiresAt) && expiresAt > now ? new Follower(customer, session) : LiveErrors.TicketInvalid;

    static byte[] Hash(string ticket) => SHA256.HashData(Encoding.UTF8.GetBytes(ticket));

    const string Insert = """
        INSERT INTO notifications.tickets (hash, customer_id, session_id, expires_at)
        SELECT $1, $2, $3, $4 WHERE (SELECT count(*) FROM notifications.tickets WHERE customer_id = $2 AND expires_at > $5) < $6
        """;

    const string Delete = "DELETE FROM notifications.tickets WHERE hash = $1 RETURNING customer_id, session_id, expires_at";
}
