namespace Souk.Notifications;

/// <summary>Configuration section <c>Notifications</c>. Values out of range stop the start.</summary>
internal sealed class NotificationsOptions
{
    /// <summary>Messages are kept for so many days, 1..90: how long a client may be away and miss nothing. Default 7.</summary>
    public int KeepDays { get; init; } = 7;

    /// <summary>A stream that has been silent for so many seconds says that it lives, 1..60. Default 15: proxies cut what is silent for 30 or 60.</summary>
    public int HeartbeatSeconds { get; init; } = 15;

    /// <summary>Streams of one customer on one node, 1..100. Default 10; more are refused with 429 <c>streams_too_many</c>.</summary>
    public int StreamsPerCustomerMax { get; init; } = 10;

    /// <summary>Streams on one node, 1..20,000. Default 10,000, half of the connections it takes; more are refused with 503 <c>streams_full</c>.</summary>
    public int StreamsMax { get; init; } = 10_000;

    /// <summary>A stream ends after so many minutes, 1..60, and the client opens the next with fresh credentials. Default 10, as long as an access token serves.</summary>
    public int StreamMinutesMax { get; init; } = 10;

    /// <summary>A client that takes nothing for so many seconds while there is something for it is cut off, 1..60. Default 10.</summary>
    public int SilentReaderSecondsMax { get; init; } = 10;

    public static NotificationsOptions Read(IConfiguration configuration)
    {
        var options = configuration.GetSection("Notifications").Get<NotificationsOptions>() ?? new();
        Check(nameof(KeepDays), options.KeepDays, 1, 90);
        Check(nameof(HeartbeatSeconds), options.HeartbeatSeconds, 1, 60);
        Check(nameof(StreamsPerCustomerMax), options.StreamsPerCustomerMax, 1, 100);
        Check(nameof(StreamsMax), options.StreamsMax, 1, 20_000);
        Check(nameof(StreamMinutesMax), options.StreamMinutesMax, 1, 60);
        Check(nameof(SilentReaderSecondsMax), options.SilentReaderSecondsMax, 1, 60);
        return options;
    }

    static void Check(string name, int value, int min, int max)
    {
        if (value < min || value > max) throw new InvalidOperationException($"The setting Notifications:{name} is {value}; it goes from {min} to {max}.");
    }
}
