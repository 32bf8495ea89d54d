namespace Souk.Ordering.Inventory;

/// <summary>Where stock lies: a warehouse, a shelf, a shop.</summary>
/// <param name="Priority">Shipped units are taken from the lowest first; 0 to 1,000,000, default 100.</param>
/// <param name="Country">ISO 3166-1 alpha-2, in upper case, for <c>Ordering:Allocation = nearest</c>.</param>
/// <param name="PostalCode">At most 20 characters; the more of its beginning an address shares, the nearer it is.</param>
/// <param name="Version">Counts changes; the ETag.</param>
internal sealed record Location(LocationId Id, string Name, int Priority, string? Country, string? PostalCode, int Version, DateTimeOffset CreatedAt)
{
    public const int PriorityDefault = 100, PriorityMax = 1_000_000;

    internal const string Columns = "l.id, l.name, l.created_at, l.priority, l.country, l.postal_code, l.version";

    internal static Location Read(NpgsqlDataReader row) => new(new(row.GetGuid(0)), row.GetString(1), row.GetInt32(3), row.NullableString(4), row.NullableString(5),
        row.GetInt32(6), row.GetFieldValue<DateTimeOffset>(2));

    /// <summary>What is wrong with where it is said to be.</summary>
    internal static IEnumerable<(string Pointer, string Message)> Wrong(int? priority, string? country, string? postalCode)
    {
        if (priority is < 0 or > PriorityMax) yield return ("/priority", $"A priority is 0 to {PriorityMax}; the lowest comes first.");
        if (country is not null && !Addresses.Countries.Exists(country)) yield return ("/country", "A country is a code of ISO 3166-1 alpha-2 in upper case, such as NL.");
        if (postalCode is not null && (postalCode.Trim().Length is 0 or > Addresses.Address.PostalCodeLengthMax || postalCode.Any(char.IsControl)))
            yield return ("/postalCode", $"A postal code has 1 to {Addresses.Address.PostalCodeLengthMax} characters.");
    }
}
