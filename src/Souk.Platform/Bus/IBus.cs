namespace Souk.Platform.Bus;

/// <summary>
/// Short messages between nodes, at most once: a hint that something changed, never the truth itself. Whoever listens must also be right
/// when a message is lost (by reading the database now and then).
/// </summary>
public interface IBus
{
    /// <summary>Tells every node, this one too. Returns at once; messages leave together on the bus's own connection.</summary>
    /// <param name="topic">What kind of message: <c>jobs</c>, <c>sessions.revoked</c>.</param>
    /// <param name="text">At most <see cref="TextMax"/> characters; usually an id.</param>
    void Publish(string topic, string text);

    /// <summary>Calls <paramref name="onMessage"/> for every message of the topic until the subscription is disposed; it must return quickly.</summary>
    IDisposable Subscribe(string topic, Action<string> onMessage);

    const int TextMax = 200;
}
