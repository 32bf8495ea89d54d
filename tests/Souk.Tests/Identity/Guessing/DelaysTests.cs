using System.Net;
using Souk.Identity.Guessing;

namespace Souk.Tests.Identity.Guessing;

public sealed class DelaysTests
{
    static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    [Theory]
    [InlineData(0, 5, 0)]
    [InlineData(1, 5, 0)]
    [InlineData(4, 5, 0)]
    [InlineData(4.1, 5, 1)]
    [InlineData(5, 5, 1)]
    [InlineData(5.5, 5, 2)]
    [InlineData(6, 5, 2)]
    [InlineData(7, 5, 4)]
    [InlineData(14, 5, 512)]
    [InlineData(15, 5, 900)]
    [InlineData(1_000, 5, 900)]
    [InlineData(1, 1, 1)]
    [InlineData(99, 100, 0)]
    public void The_wait_doubles_with_every_failure_beyond_the_free_ones(double failures, int free, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Delays.After(failures, free, Longest));

    [Fact]
    public void The_wait_never_shrinks_as_failures_grow()
    {
        var before = TimeSpan.Zero;
        for (var failures = 0.0; failures < 100; failures += 0.13)
        {
            var wait = Delays.After(failures, 5, Longest);
            Assert.InRange(wait, before, Longest);
            before = wait;
        }
        Assert.Equal(Longest, before);
    }

    [Theory]
    [InlineData(45, 0, 3)]
    [InlineData(45, 15, 2)]
    [InlineData(45, 44, 1.0 / 15)]
    [InlineData(45, 60, 0)]
    public void One_failure_is_forgotten_after_the_other(int forgottenAt, int minutes, double left)
    {
        var start = DateTimeOffset.UnixEpoch;
        Assert.Equal(left, Delays.Failures(start.AddMinutes(forgottenAt), start.AddMinutes(minutes), TimeSpan.FromMinutes(15)), precision: 9);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(999, 1)]
    [InlineData(1_000, 1)]
    [InlineData(1_001, 2)]
    [InlineData(900_000, 900)]
    public void Whole_seconds_are_long_enough(int milliseconds, int seconds) => Assert.Equal(seconds, Delays.Seconds(TimeSpan.FromMilliseconds(milliseconds)));

    [Fact]
    public void Different_emails_are_counted_within_a_few()
    {
        var random = new Random(4_711);
        foreach (var emails in new[] { 0, 1, 5, 10, 20, 30, 50 })
        {
            var sum = 0.0;
            for (var round = 0; round < 200; round++)
            {
                var bits = 0L;
                for (var i = 0; i < emails; i++) bits |= Delays.BitOf([(byte)random.Next(256)]);
                sum += Delays.Different(bits);
            }
            Assert.InRange(sum / 200, emails * 0.9, emails * 1.1);
        }
        Assert.True(Delays.Different(-1) > 200);
    }

    [Fact]
    public void One_email_is_one_however_often_it_is_tried()
    {
        var bit = Delays.BitOf([200, 1, 2]);
        Assert.Equal(Delays.Different(bit), Delays.Different(bit | Delays.BitOf([200, 3, 4])));
        Assert.InRange(Delays.Different(bit), 0.9, 1.1);
    }

    [Theory]
    [InlineData("203.0.113.7", "CB0071")]
    [InlineData("203.0.113.250", "CB0071")]
    [InlineData("203.0.114.7", "CB0072")]
    [InlineData("::ffff:203.0.113.7", "CB0071")]
    [InlineData("2001:db8:1:2:aaaa:bbbb:cccc:dddd", "20010DB800010002")]
    [InlineData("2001:db8:1:2::1", "20010DB800010002")]
    [InlineData("2001:db8:1:3::1", "20010DB800010003")]
    [InlineData("127.0.0.1", null)]
    [InlineData("::1", null)]
    [InlineData("::ffff:127.0.0.1", null)]
    [InlineData(null, null)]
    public void A_range_is_what_one_household_or_office_has(string? address, string? range) =>
        Assert.Equal(range, SignInGuesses.RangeOf(address is null ? null : IPAddress.Parse(address)) is { } octets ? Convert.ToHexString(octets) : null);
}
