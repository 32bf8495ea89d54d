namespace Souk.Notifications.Live;

/// <summary>Every way streams and tickets say no. A code is API: add new ones, never rename one.</summary>
internal static class LiveErrors
{
    public static readonly Error NotSignedIn = new(401, "not_signed_in", "Sign in, or send the order's token as Souk-Order-Token, or a fresh ticket as ?ticket=.");

    public static readonly Error OrderTokenInvalid = new(401, "order_token_invalid", "The shop made no such order token. Send the orderToken of the order's answer as it is.");

    public static readonly Error TicketInvalid = new(401, "ticket_invalid", "This ticket is unknown, used or older than half a minute. Ask for another at POST /v1/events/tickets.");

    public static readonly Error TicketsTooMany = new(429, "tickets_too_many", "You hold many tickets that were not used. Use one, or wait until they are half a minute old.")
        { RetryAfterSeconds = MakeTicket.TicketSecondsMax };

    public static readonly Error StreamsTooMany = new(429, "streams_too_many", "You follow as many streams as one customer may. Close one, or share one between your pages.")
        { RetryAfterSeconds = 10 };

    public static readonly Error StreamsFull = new(503, "streams_full", "This node carries as many streams as it can. Try again: another may have room.") { RetryAfterSeconds = 2 };

    public static readonly Error Stopping = new(503, "not_ready", "This process is about to stop. Open the stream again: another process takes it up.") { RetryAfterSeconds = 1 };
}
