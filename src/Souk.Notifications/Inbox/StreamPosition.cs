using System.Globalization;

namespace Souk.Notifications.Inbox;

/// <summary>
/// How far a customer's stream was followed: everything up to <paramref name="Sequence"/> of <paramref name="Epoch"/>. It is the id of the message that
/// stands there, and means the same on every node. Clients keep it as it is.
/// </summary>
internal readonly record struct StreamPosition(Guid Epoch, long Sequence)
{
    /// <summary>False for what no node of ours ever gave out.</summary>
    public static bool TryRead(string text, out StreamPosition position)
    {
        position = default;
        var parts = text.Split('.', 3);
        if (parts.Length != 2 || !Guid.TryParseExact(parts[0], "n", out var epoch)
            || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)) return false;
        position = new(epoch, sequence);
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Epoch:n}.{Sequence}");
}
