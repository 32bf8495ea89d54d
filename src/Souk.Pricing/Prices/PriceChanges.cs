using Souk.Platform.Bus;

namespace Souk.Pricing.Prices;

/// <summary>The number that grows with every change of a price or a shipping method, in the same transaction, so that every node knows what it must read anew.</summary>
internal static class PriceChanges
{
    /// <summary>The bus only says that it is worth a look.</summary>
    public const string Topic = "pricing.changed";

    /// <summary>After the commit: whoever asks this node for a quote from now on gets the new price; the others hear it within milliseconds.</summary>
    public static void Tell(IBus bus) => bus.Publish(Topic, "");

    public const string Count = "UPDATE pricing.changes SET version = version + 1 WHERE id = 1";

    public const string Look = "SELECT version FROM pricing.changes WHERE id = 1";
}
