namespace Souk.Platform.Http;

/// <summary>
/// What somebody may do for the shop: a resource, and whether it is read or changed. The list is closed: a route names one of these, roles and API keys are made
/// of them, and what is granted nowhere is allowed to nobody.
/// </summary>
public sealed class Permission
{
    /// <summary>The claim of those who have it, one for each: where it comes from, a role or an API key, a route does not ask.</summary>
    public const string Claim = "permission";

    static readonly Dictionary<string, Permission> Known = new(StringComparer.Ordinal);

    public static readonly Permission OrdersRead = new("orders:read"), OrdersWrite = new("orders:write");
    public static readonly Permission StockRead = new("stock:read"), StockWrite = new("stock:write");
    public static readonly Permission PricesRead = new("prices:read"), PricesWrite = new("prices:write");
    public static readonly Permission UsersRead = new("users:read"), UsersWrite = new("users:write");
    public static readonly Permission PaymentsRead = new("payments:read");
    public static readonly Permission LedgerRead = new("ledger:read");
    public static readonly Permission JobsRead = new("jobs:read"), JobsWrite = new("jobs:write");
    public static readonly Permission KeysRead = new("keys:read"), KeysWrite = new("keys:write");
    public static readonly Permission SecurityRead = new("security:read");

    /// <summary>All there are, in the order of this list.</summary>
    public static readonly IReadOnlyList<Permission> All = [.. Known.Values];

    Permission(string name)
    {
        Name = name;
        Known.Add(name, this);
    }

    /// <summary>As it is granted and told: <c>orders:read</c>. Stable for ever.</summary>
    public string Name { get; }

    /// <summary>Null for what is none.</summary>
    public static Permission? Find(string? name) => name is null ? null : Known.GetValueOrDefault(name);

    public override string ToString() => Name;
}
