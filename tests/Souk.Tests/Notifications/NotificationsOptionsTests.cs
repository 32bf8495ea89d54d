using Microsoft.Extensions.Configuration;
using Souk.Notifications;

namespace Souk.Tests.Notifications;

public sealed class NotificationsOptionsTests
{
    [Theory]
    [InlineData("KeepDays", 90)]
    [InlineData("HeartbeatSeconds", 60)]
    [InlineData("StreamsPerCustomerMax", 100)]
    [InlineData("StreamsMax", 20_000)]
    [InlineData("StreamMinutesMax", 60)]
    [InlineData("SilentReaderSecondsMax", 60)]
    public void Values_out_of_range_stop_the_start(string name, int max)
    {
        foreach (var wrong in new[] { 0, -1, max + 1 })
            Assert.Contains(name, Assert.Throws<InvalidOperationException>(() => Read(name, wrong)).Message, StringComparison.Ordinal);
        foreach (var right in new[] { 1, max })
            Assert.Equal(right, typeof(NotificationsOptions).GetProperty(name)!.GetValue(Read(name, right)));
    }

    static NotificationsOptions Read(string name, int value) => NotificationsOptions.Read(
        new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create($"Notifications:{name}", (string?)$"{value}")]).Build());
}
