using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Souk.Contracts;
using Souk.Notifications.Inbox;

namespace Souk.Notifications.Live;

/// <summary>
/// <c>GET /v1/events</c>: what happens to one's orders and payments, as it happens (server-sent events). A client that comes back with the id of the last
/// event it saw, to whichever node, gets every event after it, once and in order. Where that cannot be, the first event is <c>stream.reset</c> with the
/// reason instead of <c>stream.opened</c>, and the stream goes on from the present. Without such an id it begins at the present.
/// </summary>
/// <remarks>
/// The id is <c>Last-Event-ID</c>, or <c>?lastEventId=</c> for a first connection of <c>EventSource</c>; the header wins, being the newer. Who calls: the account
/// of a bearer token or cookie, the guest of <c>Souk-Order-Token</c>, or who asked for the <c>?ticket=</c>. A stream ends within two seconds of its session,
/// after <see cref="NotificationsOptions.StreamMinutesMax"/> at the latest, and when the node stops. The whole story: docs/live.md.
/// </remarks>
internal static class FollowEvents
{
    /// <summary>What a client waits before it comes back; each is told another, so that those of a node that went do not return all at once.</summary>
    const int RetryMillisecondsMin = 1_000, RetryMillisecondsMax = 3_000;

    static readonly QueryMember[] Members =
    [
        new("ticket", typeof(string), "What `POST /v1/events/tickets` gave: one use, within 30 seconds."),
        new("lastEventId", typeof(string), "The id of the last event that was seen, for a first connection of `EventSource`; the header wins."),
    ];

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/events", Handle).ForEveryone().Takes(Members).WithName(nameof(FollowEvents));

    static async Task<Results<EmptyHttpResult, Error>> Handle(Caller caller, [FromHeader(Name = Follower.OrderTokenHeader)] string? orderToken,
        [FromHeader(Name = "Last-Event-ID")] string? lastEventId, HttpContext http, NpgsqlDataSource db, [FromServices] IOrdering ordering, LiveStreams streams,
        NotificationsOptions options, TimeProvider clock, CancellationToken cancel)
    {
        if (QueryMembers.RefuseOthers(http, [.. Members.Select(m => m.Name)]) is { } unknown) return unknown;
        if (streams.Refuse() is { } full) return full;
        var now = clock.GetUtcNow();
        var who = http.Request.Query["ticket"].ToString() is { Length: > 0 } ticket ? await MakeTicket.SpendAsync(ticket, db, now, cancel) : Follower.Of(caller, orderToken, ordering);
        if (who.Refused(out var error, out var follower)) return error;

        var present = await ReadInbox.PresentAsync(db, follower.CustomerId, now, cancel);
        var (position, reset) = LiveStream.Begin(string.IsNullOrEmpty(lastEventId) ? http.Request.Query["lastEventId"] : lastEventId, present);
        if (position.Sequence < present.Sequence && !await ReadInbox.HoldsAsync(db, follower.CustomerId, position.Sequence + 1, cancel)) (position, reset) = (present, LiveStream.Trimmed);
        var stream = new LiveStream(follower, position, now.AddMinutes(options.StreamMinutesMax));
        stream.Open(reset, Retry(), now);
        if (streams.Add(stream) is { } refused) return refused;
        try
        {
            await SendAsync(stream, streams, http, TimeSpan.FromSeconds(options.SilentReaderSecondsMax));
        }
        finally
        {
            streams.Remove(stream);
        }
        return TypedResults.Empty;
    }

    static byte[] Retry() => Encoding.ASCII.GetBytes($"retry: {RandomNumberGenerator.GetInt32(RetryMillisecondsMin, RetryMillisecondsMax)}\n");

    static async Task SendAsync(LiveStream stream, LiveStreams streams, HttpContext http, TimeSpan silentMax)
    {
        var response = http.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Accel-Buffering"] = "no";   // nginx would else collect events
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        var (body, gone) = (response.BodyWriter, http.RequestAborted);
        while (await stream.Waiting.WaitToReadAsync(gone))
        {
            // All that waits leaves together.
            while (stream.Waiting.TryRead(out var block)) body.Write(block);
            var sending = body.FlushAsync(gone);
            if (!sending.IsCompletedSuccessfully)
            {
                try
                {
                    await sending.AsTask().WaitAsync(silentMax, gone);
                }
                catch (TimeoutException)
                {
                    // It comes back with the id of the last event it saw, and misses nothing.
                    http.Abort();
                    return;
                }
            }
            if (stream.IsBehind) streams.Wake(stream.Follower.CustomerId);
        }
    }
}
