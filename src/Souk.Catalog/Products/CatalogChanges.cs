using Souk.Platform.Bus;

namespace Souk.Catalog.Products;

/// <summary>
/// The number that grows with every change of what shoppers see. Every transaction that makes one begins with <see cref="Take"/> or <see cref="Count"/>, before
/// it locks a product, and tells the others after its commit.
/// </summary>
internal static class CatalogChanges
{
    /// <summary>The bus only says that it is worth a look; what changed stands in the database.</summary>
    public const string Topic = "catalog.changed";

    public static void Tell(IBus bus) => bus.Publish(Topic, "");

    /// <summary>Takes the turn without counting: for those who learn only later whether there is a change.</summary>
    public const string Take = "SELECT version FROM catalog.changes WHERE id = 1 FOR NO KEY UPDATE";

    public const string Count = "UPDATE catalog.changes SET version = version + 1 WHERE id = 1";

    /// <summary>Also the categories.</summary>
    public const string CountCategories = "UPDATE catalog.changes SET version = version + 1, categories = version + 1 WHERE id = 1";
}
