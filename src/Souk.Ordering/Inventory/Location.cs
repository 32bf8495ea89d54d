namespace Souk.Ordering.Inventory;

/// <summary>Where stock lies: a warehouse, a shelf, a shop.</summary>
internal sealed record Location(LocationId Id, string Name, DateTimeOffset CreatedAt)
{
    internal const string Columns = "l.id, l.name, l.created_at";

    internal static Location Read(NpgsqlDataReader row) => new(new(row.GetGuid(0)), row.GetString(1), row.GetFieldValue<DateTimeOffset>(2));
}
