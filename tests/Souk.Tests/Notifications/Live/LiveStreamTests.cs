using System.Text;
using Souk.Notifications.Inbox;
using Souk.Notifications.Live;

namespace Souk.Tests.Notifications.Live;

/// <summary>What a connection takes of what was read for all connections of its customer.</summary>
public sealed class LiveStreamTests
{
    static readonly Guid Epoch = Guid.NewGuid();
    static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;

    [Theory]
    [InlineData(5, 5, 8, "6 7 8", 8)]        // all of it
    [InlineData(7, 5, 8, "8", 8)]            // it was ahead of the others
    [InlineData(8, 5, 8, "", 8)]             // it knew all
    [InlineData(3, 5, 8, "", 3)]             // it came after the reading had begun: the next is for it
    public void Takes_what_follows_its_position_and_nothing_twice(long at, long after, long last, string taken, long then)
    {
        var stream = Stream(at);
        stream.Take(new(stream.Follower.CustomerId, after, new(Epoch, last), Messages(after + 1, last)), Now);
        Assert.Equal((taken, then), (Told(stream), stream.Position.Sequence));
        Assert.Equal(then < last, stream.IsBehind);
    }

    [Fact]
    public void Begins_at_the_present_and_says_so_when_a_message_is_missing_anywhere()
    {
        foreach (var (first, last) in new[] { (7L, 9L), (8L, 9L), (10L, 9L) })
        {
            var stream = Stream(5);
            stream.Take(new(stream.Follower.CustomerId, 5, new(Epoch, 9), Messages(first, last)), Now);
            Assert.Equal(("trimmed", 9L), (Told(stream), stream.Position.Sequence));
        }
        var holed = Stream(5);
        holed.Take(new(holed.Follower.CustomerId, 5, new(Epoch, 9), [.. Messages(6, 7), .. Messages(9, 9)]), Now);
        Assert.Equal(("6 7 trimmed", 9L), (Told(holed), holed.Position.Sequence));

        var renewed = Stream(5);
        renewed.Take(new(renewed.Follower.CustomerId, 5, new(Guid.NewGuid(), 2), Messages(6, 6)), Now);
        Assert.Equal(("other_epoch", 2L), (Told(renewed), renewed.Position.Sequence));
    }

    [Fact]
    public void Stays_where_it_is_when_it_is_full_and_goes_on_there_once_it_has_room()
    {
        var stream = Stream(0);
        const int many = LiveStream.WaitingMax + 50;
        stream.Take(new(stream.Follower.CustomerId, 0, new(Epoch, many), Messages(1, many)), Now);
        Assert.Equal((LiveStream.WaitingMax, true, false), (stream.Position.Sequence, stream.IsBehind, stream.HasRoom));
        Assert.Null(LiveStream.EarliestOf([stream]));

        var told = Told(stream);
        Assert.True(stream.HasRoom);
        Assert.Equal(new StreamPosition(Epoch, LiveStream.WaitingMax), LiveStream.EarliestOf([stream]));
        stream.Take(new(stream.Follower.CustomerId, LiveStream.WaitingMax, new(Epoch, many), Messages(LiveStream.WaitingMax + 1, many)), Now);
        Assert.Equal(string.Join(' ', Enumerable.Range(1, many)), $"{told} {Told(stream)}");
        Assert.False(stream.IsBehind);
    }

    [Fact]
    public void Is_read_for_together_with_the_others_from_the_earliest_and_from_nowhere_when_they_are_not_of_one_epoch()
    {
        Assert.Equal(new StreamPosition(Epoch, 3), LiveStream.EarliestOf([Stream(5), Stream(3), Stream(4)]));
        Assert.Equal(new StreamPosition(Guid.Empty, 3), LiveStream.EarliestOf([Stream(5), new(new(Guid.NewGuid(), null), new(Guid.NewGuid(), 3), Now)]));
        Assert.Null(LiveStream.EarliestOf([]));
    }

    [Fact]
    public void A_position_is_read_as_it_was_written_and_nothing_else_is()
    {
        var position = new StreamPosition(Epoch, 42);
        Assert.True(StreamPosition.TryRead(position.ToString(), out var read));
        Assert.Equal(position, read);
        foreach (var text in new[] { "", ".", "1", $"{Epoch:n}", $"{Epoch:n}.", $"{Epoch:n}.x", $"{Epoch:n}.+1", $"{Epoch:n}. 1", $"{Epoch:d}.1", $"{Epoch:n}.1.1", $"{Epoch:n}.99999999999999999999" })
            Assert.False(StreamPosition.TryRead(text, out _), text);
    }

    static LiveStream Stream(long at) => new(new(Guid.NewGuid(), null), new(Epoch, at), Now);

    static List<InboxMessage> Messages(long first, long last) =>
        [.. Enumerable.Range((int)first, (int)Math.Max(0, last - first + 1)).Select(n => new InboxMessage(n, Encoding.ASCII.GetBytes($"{n}")))];

    /// <summary>What waits to be sent: numbers, and the reasons of resets.</summary>
    static string Told(LiveStream stream)
    {
        var told = new List<string>();
        while (stream.Waiting.TryRead(out var block))
        {
            var text = Encoding.UTF8.GetString(block);
            told.Add(text.Contains("stream.reset", StringComparison.Ordinal) ? text.Split("\"reason\":\"")[1].Split('"')[0] : text);
        }
        return string.Join(' ', told);
    }
}
