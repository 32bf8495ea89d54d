using System.Threading.Channels;
using Souk.Notifications.Inbox;

namespace Souk.Notifications.Live;

/// <summary>
/// One open connection and how far it is. What waits to be sent is bounded; one that is full stays where it is, and is read for again once it has room:
/// nothing is lost, since its place is a number and not a queue.
/// </summary>
/// <remarks>Everything but <see cref="Waiting"/> is used under the lock of <see cref="LiveStreams"/>, or before the stream is known to it.</remarks>
internal sealed class LiveStream(Follower follower, StreamPosition position, DateTimeOffset endsAt)
{
    /// <summary>Events that wait for a connection; when half of them do, no more is read for it.</summary>
    public const int WaitingMax = 256;

    public const string OtherEpoch = "other_epoch", Trimmed = "trimmed";

    static readonly byte[] Heartbeat = ":\n\n"u8.ToArray();

    readonly Channel<byte[]> waiting = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(WaitingMax) { SingleReader = true });
    long saidAt = Environment.TickCount64;

    public Follower Follower { get; } = follower;
    public DateTimeOffset EndsAt { get; } = endsAt;
    public ChannelReader<byte[]> Waiting => waiting.Reader;

    /// <summary>Everything up to here was put among what waits.</summary>
    public StreamPosition Position { get; private set; } = position;

    /// <summary>There is more in the inbox than was read for it. Read without the lock: a glimpse.</summary>
    public bool IsBehind { get; private set; }

    public bool HasRoom => waiting.Reader.Count < WaitingMax / 2;

    /// <summary>Where a stream begins, and why not where the client asked for: null when it does.</summary>
    /// <param name="asked">The id of the last event that the client saw; none begins at the present.</param>
    public static (StreamPosition Position, string? Reset) Begin(string? asked, StreamPosition present) =>
        string.IsNullOrEmpty(asked) ? (present, null)
        : !StreamPosition.TryRead(asked, out var position) ? (present, "malformed")
        : position.Epoch != present.Epoch ? (present, OtherEpoch)
        : position.Sequence > present.Sequence ? (present, "ahead")
        : (position, null);

    /// <summary>Where to read from for all of them at once; null when none has room. An empty epoch when they are not of one: that always has news.</summary>
    public static StreamPosition? EarliestOf(List<LiveStream> streams)
    {
        StreamPosition? earliest = null;
        foreach (var stream in streams)
            if (stream.HasRoom)
                earliest = earliest is not { } so ? stream.Position
                    : new(so.Epoch == stream.Position.Epoch ? so.Epoch : Guid.Empty, Math.Min(so.Sequence, stream.Position.Sequence));
        return earliest;
    }

    /// <summary>Takes what is new to it of what was read for all streams of its customer.</summary>
    public void Take(News news, DateTimeOffset now)
    {
        if (Position.Epoch != news.Present.Epoch) Reset(OtherEpoch, news.Present, now);
        // One that came or found room after the reading had begun is not in it: the next is for it.
        else if (Position.Sequence >= news.After) TakeMessages(news, now);
        IsBehind = Position != news.Present && Position.Sequence < news.Present.Sequence;
    }

    void TakeMessages(News news, DateTimeOffset now)
    {
        foreach (var message in news.Messages)
        {
            if (message.Sequence <= Position.Sequence) continue;
            if (message.Sequence > Position.Sequence + 1)
            {
                Reset(Trimmed, news.Present, now);
                return;
            }
            if (!Say(message.Block)) return;
            Position = Position with { Sequence = message.Sequence };
        }
        if (news.Messages.Count == 0 && Position.Sequence < news.Present.Sequence) Reset(Trimmed, news.Present, now);
    }

    /// <summary>The first event of every stream: its id is where the stream begins, so that a client knows its place before anything has happened.</summary>
    /// <param name="reset">Why that is not where the client asked for.</param>
    public void Open(string? reset, byte[] hints, DateTimeOffset now) =>
        Say([.. hints, .. ReadInbox.Block(Position, reset is null ? "stream.opened" : ResetType, now, new OpeningData(reset))]);

    /// <summary>Says that messages may be missing and goes on from the present.</summary>
    void Reset(string reason, StreamPosition present, DateTimeOffset now)
    {
        if (Say(ReadInbox.Block(present, ResetType, now, new OpeningData(reason)))) Position = present;
    }

    const string ResetType = "stream.reset";

    sealed record OpeningData(string? Reason);

    /// <summary>False when there is no room.</summary>
    public bool Say(byte[] block)
    {
        if (!waiting.Writer.TryWrite(block)) return false;
        saidAt = Environment.TickCount64;
        return true;
    }

    /// <summary>A comment, so that nobody on the way takes silence for death, when nothing was said for so long.</summary>
    public void Beat(TimeSpan silence)
    {
        if (Environment.TickCount64 - saidAt >= silence.TotalMilliseconds) Say(Heartbeat);
    }

    /// <summary>What waits is still sent; then the connection is closed in order.</summary>
    public void End() => waiting.Writer.TryComplete();
}
